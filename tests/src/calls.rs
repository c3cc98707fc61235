//! Calls of a process at its admin listener.

use serde_json::Value;

use crate::services::Service;
use crate::{python_program, run};

/// Calls a method such as `InputService/ListInputs` with grpcurl: its last answer.
///
/// # Panics
/// When it is refused, or the process has no admin listener.
pub fn call(service: &Service, method: &str, request: &Value) -> Value {
    let address = service.addresses().admin.expect("an admin listener").to_string();
    let mut command = python_program("grpcurl");
    command.args(["-plaintext", "-emit-defaults", "-max-time", "110"]);
    command.args(["-d", &request.to_string(), &address, &format!("weir.v1.{method}")]);
    let answers = run(&mut command).ended_with(0).stdout;
    let answers = serde_json::Deserializer::from_str(&answers).into_iter::<Value>();
    answers.last().expect("an answer").expect("it is JSON")
}
