-- Requests of `npm run bench`: wrk -s wrk.lua URL -- WORD…, and the results as one line of JSON.
-- Words: `unique` (every request has another path below the URL's, and another cookie),
-- `close` (Connection: close), `post=N` (POST with a body of N bytes). None: the same GET always.

local unique, count, start, tail, finish

function init(args)
  local method, fields, body = "GET", "", ""
  for _, word in ipairs(args) do
    local bytes = word:match("^post=(%d+)$")
    if word == "unique" then
      unique = true
    elseif word == "close" then
      fields = fields .. "Connection: close\r\n"
    elseif bytes then
      method = "POST"
      fields = fields .. "Content-Type: application/octet-stream\r\nContent-Length: " .. bytes .. "\r\n"
      body = string.rep("0123456789abcdef", math.ceil(bytes / 16)):sub(1, bytes)
    else
      error("wrk.lua: what is " .. word .. "?")
    end
  end
  count = 0
  math.randomseed(20261121)
  start = method .. " " .. wrk.path
  tail = " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port ..
    "\r\nUser-Agent: wrk\r\nAccept: */*\r\n" .. fields
  finish = "\r\n" .. body
end

function request()
  if not unique then
    return start .. tail .. finish
  end
  -- Random path and cookie; the counter makes them unique even when the random numbers collide.
  count = count + 1
  local a = math.random(1000000000)
  return start .. "/" .. a .. "/" .. count .. tail ..
    "Cookie: session=" .. a * 7 + count .. "\r\n" .. finish
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\nJSON {"requests":%d,"durationUs":%d,"bytes":%d,"p50Us":%d,"p99Us":%d,"p999Us":%d,"maxUs":%d,' ..
    '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50),
    latency:percentile(99), latency:percentile(99.9), latency.max,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
