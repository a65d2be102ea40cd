-- Requests of `npm run bench`: wrk -s wrk.lua URL -- MODE, and the results as one line of JSON.
-- MODE: identical | unique | close (identical, Connection: close)

local mode, count, base, tail

function init(args)
  mode = args[1] or "identical"
  local host = "Host: " .. wrk.host .. ":" .. wrk.port .. "\r\n"
  local agent = "User-Agent: wrk\r\nAccept: */*\r\n"
  local close = mode == "close" and "Connection: close\r\n" or ""
  count = 0
  math.randomseed(20261121)
  base = "GET " .. wrk.path .. " HTTP/1.1\r\n" .. host .. agent .. close .. "\r\n"
  tail = " HTTP/1.1\r\n" .. host .. agent .. "Cookie: session="
end

function request()
  if mode ~= "unique" then
    return base
  end
  -- Random path and cookie; the counter makes them unique even when the random numbers collide.
  count = count + 1
  local a = math.random(1000000000)
  return "GET /u/" .. a .. "/" .. count .. tail .. a * 7 + count .. "\r\n\r\n"
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
