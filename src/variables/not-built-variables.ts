/** Variables of nginx that this version of Weir has not: using one is a problem that says so. */

const NAMES = `
  ancient_browser body_bytes_received connections_active connections_reading connections_waiting
  connections_writing date_gmt date_local document_root fastcgi_path_info fastcgi_script_name
  geoip_area_code geoip_city geoip_city_continent_code geoip_city_country_code
  geoip_city_country_code3 geoip_city_country_name geoip_country_code geoip_country_code3
  geoip_country_name geoip_dma_code geoip_latitude geoip_longitude geoip_org geoip_postal_code
  geoip_region geoip_region_name gzip_ratio http2 http3 invalid_referer limit_conn_status
  limit_rate limit_req_status memcached_key modern_browser msie otel_parent_id otel_parent_sampled
  otel_span_id otel_trace_id proxy_add_via proxy_internal_body_length proxy_internal_chunked quic realpath_root
  request_filename secure_link secure_link_expires session_log_binary_id session_log_id
  slice_range spdy spdy_request_priority ssl_alpn_protocol ssl_cipher ssl_ciphers ssl_client_cert
  ssl_client_escaped_cert ssl_client_fingerprint ssl_client_i_dn ssl_client_i_dn_legacy
  ssl_client_raw_cert ssl_client_s_dn ssl_client_s_dn_legacy ssl_client_serial ssl_client_sigalg
  ssl_client_v_end ssl_client_v_remain ssl_client_v_start ssl_client_verify ssl_curve ssl_curves
  ssl_early_data ssl_ech_outer_server_name ssl_ech_status ssl_protocol ssl_server_name
  ssl_session_id ssl_session_reused ssl_sigalg uid_got uid_reset uid_set upstream_cache_age
  upstream_cache_key upstream_first_byte_time upstream_last_addr upstream_last_server_name
  upstream_session_time userid
`;

const EXACT: ReadonlySet<string> = new Set(NAMES.trim().split(/\s+/));
const PREFIXES = ['trailer_', 'jwt_claim_', 'jwt_header_', 'oidc_claim_', 'acme_'];

/** Their names, for documentation; those with an open end as `acme_`. */
export const NOT_BUILT_VARIABLES: readonly string[] = [...EXACT, ...PREFIXES].sort();

/** True for a variable of nginx that is not built yet; `1` to `9` are captures of regexes. */
export function isVariableOfNginx(name: string): boolean {
  if (/^\d$/.test(name) || EXACT.has(name)) return true;
  return PREFIXES.some((prefix) => name.startsWith(prefix) && name !== prefix);
}
