//! libFuzzer's door to `weir_fuzz::wrapped_object`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| weir_fuzz::wrapped_object(data));
