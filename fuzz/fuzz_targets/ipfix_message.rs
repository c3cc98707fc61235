//! libFuzzer's door to `weir_fuzz::ipfix_message`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| weir_fuzz::ipfix_message(data));
