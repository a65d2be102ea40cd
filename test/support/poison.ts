// Imported before anything of src/transport: read buffers are then overwritten with 0xDB after every
// callback, so that a slice somebody kept shows (DESIGN §4).

process.env['WEIR_POISON'] = '1';
