/**
 * Every directive of nginx that this version of Weir does not act on. The names, contexts and
 * argument counts of nginx 1.22 were read out of its command tables; later ones and those of
 * modules with their own releases come from nginx.org (to 1.31).
 */

/** Contexts of nginx, of which Weir has some. */
export type NginxContext =
  | 'main'
  | 'events'
  | 'http'
  | 'server'
  | 'location'
  | 'upstream'
  | 'server-if'
  | 'location-if'
  | 'limit_except'
  | 'stream'
  | 'mail';

/** Directives that stand in the same contexts. */
export interface NginxGroup {
  readonly contexts: readonly NginxContext[];
  readonly names: readonly string[];
}

function group(contexts: readonly NginxContext[], names: string): NginxGroup {
  return { contexts, names: names.trim().split(/\s+/) };
}

/** Known to nginx and not built yet: using one is a problem that says so. */
export const NOT_BUILT_YET: readonly NginxGroup[] = [
  group(
    ['main'],
    `
       google_perftools_profiles js_load_stream_native_module mail 
      mgmt quic_bpf ssl_engine stream  
    `,
  ),
  group(
    ['main', 'http'],
    `
      js_load_http_native_module
    `,
  ),
  group(
    ['main', 'http', 'server'],
    `
      ssl_object_cache_inheritable
    `,
  ),
  group(
    ['http'],
    `
      acme_issuer acme_shared_zone charset_map fastcgi_cache_path geo geoip_city geoip_country
      geoip_org geoip_proxy geoip_proxy_recursive keyval keyval_zone limit_conn_zone limit_req_zone
      map num_map oidc_provider otel_exporter otel_resource_attr otel_service_name
      perl_modules perl_require perl_set proxy_cache_path scgi_cache_path session_log_format
      session_log_zone split_clients uwsgi_cache_path
    `,
  ),
  group(
    ['http', 'server'],
    `
      http2 http2_body_preread_size http2_idle_timeout http2_max_concurrent_pushes
      http2_max_concurrent_streams http2_max_field_size http2_max_header_size http2_max_requests
      http2_recv_timeout http3 http3_hq http3_max_concurrent_streams http3_stream_buffer_size
       quic_active_connection_id_limit quic_gso quic_host_key quic_retry
      ssl ssl_buffer_size ssl_certificate ssl_certificate_cache ssl_certificate_compression
      ssl_certificate_key ssl_ciphers ssl_client_certificate ssl_conf_command ssl_crl ssl_dhparam
      ssl_early_data ssl_ecdh_curve ssl_ech_file ssl_key_log ssl_ocsp ssl_ocsp_cache
      ssl_ocsp_responder ssl_password_file ssl_prefer_server_ciphers ssl_protocols
      ssl_reject_handshake ssl_session_cache ssl_session_ticket_key ssl_session_tickets
      ssl_session_timeout ssl_stapling ssl_stapling_file ssl_stapling_responder ssl_stapling_verify
      ssl_trusted_certificate ssl_verify_client ssl_verify_depth
    `,
  ),
  group(
    ['http', 'server', 'location'],
    `
       add_after_body add_before_body
      addition_types ancient_browser ancient_browser_value auth_delay auth_jwt auth_jwt_claim_set
      auth_jwt_header_set auth_jwt_key_cache auth_jwt_key_file auth_jwt_key_request auth_jwt_leeway
      auth_jwt_require auth_jwt_type auth_oidc auth_request auth_request_set auth_require autoindex
      autoindex_exact_size autoindex_format autoindex_localtime charset_types
      create_full_put_path dav_access dav_methods disable_symlinks etag f4f_buffer_size
      fastcgi_bind fastcgi_buffer_size fastcgi_buffering fastcgi_buffers fastcgi_busy_buffers_size
      fastcgi_cache fastcgi_cache_background_update fastcgi_cache_bypass fastcgi_cache_key
      fastcgi_cache_lock fastcgi_cache_lock_age fastcgi_cache_lock_timeout
      fastcgi_cache_max_range_offset fastcgi_cache_methods fastcgi_cache_min_uses
      fastcgi_cache_purge fastcgi_cache_revalidate fastcgi_cache_use_stale fastcgi_cache_valid
      fastcgi_catch_stderr fastcgi_connect_timeout fastcgi_force_ranges fastcgi_hide_header
      fastcgi_ignore_client_abort fastcgi_ignore_headers fastcgi_index fastcgi_intercept_errors
      fastcgi_keep_conn fastcgi_limit_rate fastcgi_max_temp_file_size fastcgi_next_upstream
      fastcgi_next_upstream_timeout fastcgi_next_upstream_tries fastcgi_no_cache fastcgi_param
      fastcgi_pass_header fastcgi_pass_request_body fastcgi_pass_request_headers
      fastcgi_read_timeout fastcgi_request_buffering fastcgi_request_dynamic fastcgi_send_lowat
      fastcgi_send_timeout fastcgi_socket_keepalive fastcgi_split_path_info fastcgi_store
      fastcgi_store_access fastcgi_temp_file_write_size fastcgi_temp_path grpc_bind
      grpc_bind_dynamic grpc_buffer_size grpc_connect_timeout grpc_hide_header grpc_ignore_headers
      grpc_intercept_errors grpc_next_upstream grpc_next_upstream_timeout grpc_next_upstream_tries
      grpc_pass_header grpc_pass_trailers grpc_read_timeout grpc_send_timeout grpc_set_header
      grpc_socket_keepalive grpc_ssl_certificate grpc_ssl_certificate_cache
      grpc_ssl_certificate_key grpc_ssl_ciphers grpc_ssl_conf_command grpc_ssl_crl grpc_ssl_key_log
      grpc_ssl_name grpc_ssl_password_file grpc_ssl_protocols grpc_ssl_server_name
      grpc_ssl_session_reuse grpc_ssl_trusted_certificate grpc_ssl_verify grpc_ssl_verify_depth
      gunzip gunzip_buffers gzip_buffers gzip_comp_level gzip_disable gzip_http_version
      gzip_min_length gzip_no_buffer gzip_proxied gzip_static gzip_types gzip_vary gzip_window
      hls_buffers hls_forward_args hls_fragment hls_mp4_buffer_size hls_mp4_max_buffer_size
      http2_chunk_size http2_push http2_push_preload if_modified_since image_filter_buffer
      image_filter_interlace image_filter_jpeg_quality image_filter_sharpen
      image_filter_transparency image_filter_webp_quality index internal_redirect js_context_reuse
      js_context_reuse_max_size js_engine js_fetch_buffer_size js_fetch_ciphers js_fetch_keepalive
      js_fetch_keepalive_requests js_fetch_keepalive_time js_fetch_keepalive_timeout
      js_fetch_max_response_buffer_size js_fetch_protocols js_fetch_proxy js_fetch_timeout
      js_fetch_trusted_certificate js_fetch_verify js_fetch_verify_depth js_import js_path
      js_preload_object js_set js_shared_dict_zone js_var limit_conn limit_conn_dry_run
      limit_conn_log_level limit_conn_status limit_req limit_req_dry_run limit_req_log_level
      limit_req_status  memcached_bind memcached_buffer_size
      memcached_connect_timeout memcached_gzip_flag memcached_next_upstream
      memcached_next_upstream_timeout memcached_next_upstream_tries memcached_read_timeout
      memcached_send_timeout memcached_socket_keepalive min_delete_depth mirror mirror_request_body
      modern_browser modern_browser_value mp4_buffer_size mp4_limit_rate mp4_limit_rate_after
      mp4_max_buffer_size mp4_start_key_frame otel_span_attr otel_span_name otel_trace
      otel_trace_context  postpone_gzipping
      proxy_cache proxy_cache_background_update proxy_cache_bypass proxy_cache_convert_head
      proxy_cache_key proxy_cache_lock proxy_cache_lock_age proxy_cache_lock_timeout
      proxy_cache_max_range_offset proxy_cache_methods proxy_cache_min_uses proxy_cache_purge
      proxy_cache_revalidate proxy_cache_use_stale proxy_cache_valid
      proxy_no_cache proxy_ssl_certificate
      proxy_ssl_certificate_cache proxy_ssl_certificate_key proxy_ssl_ciphers
      proxy_ssl_conf_command proxy_ssl_crl proxy_ssl_key_log proxy_ssl_name proxy_ssl_password_file
      proxy_ssl_protocols proxy_ssl_server_name proxy_ssl_session_reuse
      proxy_ssl_trusted_certificate proxy_ssl_verify proxy_ssl_verify_depth
      satisfy scgi_bind
      scgi_buffer_size scgi_buffering scgi_buffers scgi_busy_buffers_size scgi_cache
      scgi_cache_background_update scgi_cache_bypass scgi_cache_key scgi_cache_lock
      scgi_cache_lock_age scgi_cache_lock_timeout scgi_cache_max_range_offset scgi_cache_methods
      scgi_cache_min_uses scgi_cache_purge scgi_cache_revalidate scgi_cache_use_stale
      scgi_cache_valid scgi_connect_timeout scgi_force_ranges scgi_hide_header
      scgi_ignore_client_abort scgi_ignore_headers scgi_intercept_errors scgi_limit_rate
      scgi_max_temp_file_size scgi_next_upstream scgi_next_upstream_timeout
      scgi_next_upstream_tries scgi_no_cache scgi_param scgi_pass_header scgi_pass_request_body
      scgi_pass_request_headers scgi_read_timeout scgi_request_buffering scgi_send_timeout
      scgi_socket_keepalive scgi_store scgi_store_access scgi_temp_file_write_size scgi_temp_path
      secure_link secure_link_md5 secure_link_secret  session_log
      slice ssi_ignore_recycled_buffers ssi_last_modified ssi_min_file_chunk
      ssi_silent_errors ssi_types ssi_value_length status_zone sub_filter sub_filter_last_modified
      sub_filter_once sub_filter_types subrequest_output_buffer_size userid userid_domain
      userid_expires userid_flags userid_mark userid_name userid_p3p userid_path userid_service
      uwsgi_bind uwsgi_buffer_size uwsgi_buffering uwsgi_buffers uwsgi_busy_buffers_size
      uwsgi_cache uwsgi_cache_background_update uwsgi_cache_bypass uwsgi_cache_key uwsgi_cache_lock
      uwsgi_cache_lock_age uwsgi_cache_lock_timeout uwsgi_cache_max_range_offset
      uwsgi_cache_methods uwsgi_cache_min_uses uwsgi_cache_purge uwsgi_cache_revalidate
      uwsgi_cache_use_stale uwsgi_cache_valid uwsgi_connect_timeout uwsgi_force_ranges
      uwsgi_hide_header uwsgi_ignore_client_abort uwsgi_ignore_headers uwsgi_intercept_errors
      uwsgi_limit_rate uwsgi_max_temp_file_size uwsgi_modifier1 uwsgi_modifier2 uwsgi_next_upstream
      uwsgi_next_upstream_timeout uwsgi_next_upstream_tries uwsgi_no_cache uwsgi_param
      uwsgi_pass_header uwsgi_pass_request_body uwsgi_pass_request_headers uwsgi_read_timeout
      uwsgi_request_buffering uwsgi_send_timeout uwsgi_socket_keepalive uwsgi_ssl_certificate
      uwsgi_ssl_certificate_cache uwsgi_ssl_certificate_key uwsgi_ssl_ciphers
      uwsgi_ssl_conf_command uwsgi_ssl_crl uwsgi_ssl_key_log uwsgi_ssl_name uwsgi_ssl_password_file
      uwsgi_ssl_protocols uwsgi_ssl_server_name uwsgi_ssl_session_reuse
      uwsgi_ssl_trusted_certificate uwsgi_ssl_verify uwsgi_ssl_verify_depth uwsgi_store
      uwsgi_store_access uwsgi_string uwsgi_temp_file_write_size uwsgi_temp_path xml_entities
      xslt_last_modified xslt_param xslt_string_param xslt_types
    `,
  ),
  group(
    ['http', 'server', 'location', 'location-if'],
    `
      charset expires gzip override_charset
      post_action root source_charset ssi
    `,
  ),
  group(
    ['http', 'server', 'location', 'limit_except'],
    `
      allow auth_basic auth_basic_user_file deny
    `,
  ),
  group(
    ['server'],
    `
      acme_certificate
    `,
  ),
  group(
    ['server', 'location'],
    `
      try_files valid_referers
    `,
  ),
  group(
    ['location'],
    `
      alias empty_gif f4f flv hls image_filter js_access js_body_filter
      js_header_filter js_periodic limit_except mp4 perl random_index status xslt_stylesheet
    `,
  ),
  group(
    ['location', 'location-if'],
    `
      fastcgi_pass grpc_pass memcached_pass scgi_pass uwsgi_pass
    `,
  ),
  group(
    ['location', 'location-if', 'limit_except'],
    `
      js_content
    `,
  ),
  group(
    ['upstream'],
    `
      ntlm
    `,
  ),
  group(
    ['stream'],
    `
      js_filter js_preread mqtt mqtt_buffers mqtt_preread mqtt_rewrite_buffer_size mqtt_set_connect
      pass preread_buffer_size preread_timeout proxy_download_rate proxy_half_close proxy_protocol
      proxy_protocol_timeout proxy_requests proxy_responses proxy_session_drop proxy_ssl
      proxy_timeout proxy_upload_rate ssl_alpn ssl_handshake_timeout ssl_preread zone_sync
      zone_sync_buffers zone_sync_connect_retry_interval zone_sync_connect_timeout
      zone_sync_interval zone_sync_recv_buffer_size zone_sync_server zone_sync_ssl
      zone_sync_ssl_certificate zone_sync_ssl_certificate_key zone_sync_ssl_ciphers
      zone_sync_ssl_conf_command zone_sync_ssl_crl zone_sync_ssl_name zone_sync_ssl_password_file
      zone_sync_ssl_protocols zone_sync_ssl_server_name zone_sync_ssl_trusted_certificate
      zone_sync_ssl_verify zone_sync_ssl_verify_depth zone_sync_timeout
    `,
  ),
  group(
    ['mail'],
    `
      auth_http auth_http_header auth_http_pass_client_cert auth_http_timeout imap_auth
      imap_capabilities imap_client_buffer max_errors pop3_auth pop3_capabilities protocol
      proxy_buffer proxy_pass_error_message proxy_smtp_auth smtp_auth smtp_capabilities
      smtp_client_buffer smtp_greeting_delay starttls timeout xclient
    `,
  ),
];

/** A directive that tunes something Weir has not: checked, named by `-t`, without effect. */
export interface InertDirective {
  readonly name: string;
  readonly contexts: readonly NginxContext[];
  readonly minWords: number;
  readonly maxWords: number;
}

function inert(
  contexts: readonly NginxContext[],
  minWords: number,
  maxWords: number,
  names: string,
): InertDirective[] {
  const list = names.trim().split(/\s+/);
  return list.map((name) => ({ name, contexts, minWords, maxWords }));
}

/** The class `inert` of DESIGN §5. */
export const INERT_DIRECTIVES: readonly InertDirective[] = [
  ...inert(
    ['main'],
    1,
    1,
    `
      debug_points env load_module lock_file master_process pcre_jit timer_resolution
      worker_rlimit_core working_directory
    `,
  ),
  ...inert(
    ['main'],
    1,
    100,
    `
      worker_cpu_affinity
    `,
  ),
  ...inert(
    ['main'],
    2,
    3,
    `
      thread_pool
    `,
  ),
  ...inert(
    ['events'],
    1,
    1,
    `
      accept_mutex accept_mutex_delay debug_connection epoll_events multi_accept use
      worker_aio_requests
    `,
  ),
  ...inert(
    ['http'],
    1,
    1,
    `
      http2_recv_buffer_size map_hash_bucket_size map_hash_max_size server_names_hash_bucket_size
      server_names_hash_max_size variables_hash_bucket_size variables_hash_max_size
    `,
  ),
  ...inert(
    ['http', 'server'],
    1,
    1,
    `
      client_header_buffer_size connection_pool_size http2_pool_size http2_streams_index_size
      request_pool_size
    `,
  ),
  ...inert(
    ['http', 'server', 'location'],
    1,
    1,
    `
      aio aio_write client_body_in_single_buffer directio directio_alignment gzip_hash log_not_found
      log_subrequest
      msie_padding msie_refresh open_file_cache_errors open_file_cache_events
      open_file_cache_min_uses open_file_cache_valid postpone_output
      proxy_headers_hash_bucket_size proxy_headers_hash_max_size proxy_send_lowat
      proxy_socket_keepalive
      read_ahead send_lowat sendfile_max_chunk tcp_nodelay tcp_nopush types_hash_bucket_size
      types_hash_max_size
    `,
  ),
  ...inert(
    ['http', 'server', 'location'],
    1,
    2,
    `
      keepalive_disable open_file_cache
    `,
  ),
  ...inert(
    ['http', 'server', 'location'],
    2,
    2,
    `
      output_buffers
    `,
  ),
  ...inert(
    ['http', 'server', 'location', 'location-if'],
    1,
    1,
    `
      sendfile
    `,
  ),
  ...inert(
    ['http', 'server', 'location', 'server-if', 'location-if'],
    1,
    1,
    `
      uninitialized_variable_warn
    `,
  ),
  ...inert(
    ['server', 'location'],
    1,
    1,
    `
      referer_hash_bucket_size referer_hash_max_size
    `,
  ),
];
