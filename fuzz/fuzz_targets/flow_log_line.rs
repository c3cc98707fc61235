//! libFuzzer's door to `weir_fuzz::flow_log_line`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| weir_fuzz::flow_log_line(data));
