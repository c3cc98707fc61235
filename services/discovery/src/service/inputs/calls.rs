//! The calls.

use std::sync::Arc;

use tonic::{Code, Request, Response, Status};
use weir_control::audit::who;
use weir_control::failures;
use weir_control::inputs::{Inputs, MAX_INPUTS, MAX_RULES, inputs};
use weir_rpc::limited;
use weir_rpc::pb;
use weir_rpc::pb::input_service_server::{InputService, InputServiceServer};
use weir_rpc::server::Services;
use weir_rpc::status::{Failure, Violations};
use weir_store::{Etag, Store};

use super::available::AllAvailable;
use super::keeper::found;
use super::listing::{list, warnings};
use super::messages::{input_message, log_format_texts, rule_message};
use super::requests::{input_of, rule_of, unknown};
use super::version::etag_of;
use crate::publish::Edition;
use crate::service::core::DiscoveryCore;

/// What failures call them.
const WHAT: &str = "inputs";

/// Adds the service to a listener.
pub(in crate::service) fn with_input_service(
    services: Services,
    core: &Arc<DiscoveryCore>,
    store: &Arc<dyn Store>,
) -> Services {
    let calls = Calls { core: Arc::clone(core), store: Arc::clone(store) };
    services.with(limited!(InputServiceServer::new(calls)))
}

struct Calls {
    core: Arc<DiscoveryCore>,
    store: Arc<dyn Store>,
}

#[tonic::async_trait]
impl InputService for Calls {
    async fn list_inputs(
        &self,
        request: Request<pb::ListInputsRequest>,
    ) -> Result<Response<pb::ListInputsResponse>, Status> {
        let asked = request.into_inner();
        let edition = self.edition()?;
        let inputs = self.read().await?;
        let (etag, available) = (etag_text(&inputs), AllAvailable::of(&edition));
        let mut answer = list(&edition, &available, inputs, &asked, self.core.clock.seconds())?;
        answer.etag = etag;
        Ok(Response::new(answer))
    }

    async fn enable_input(
        &self,
        request: Request<pb::EnableInputRequest>,
    ) -> Result<Response<pb::EnableInputResponse>, Status> {
        let who = who(&request);
        let asked = request.into_inner();
        let expected = failures::etag(&asked.etag)?;
        let edition = self.edition()?;
        let available = AllAvailable::of(&edition);
        let (found, now) = (found(&edition), self.core.clock.seconds());
        let input = input_of(&asked, &available, now)?;
        let id = input.source.id();
        let change = |inputs: &mut Inputs| {
            match inputs.inputs.get(&id).filter(|known| known.is_enabled()) {
                Some(known) if known.source == input.source => return Err(is_enabled(&id)),
                None if inputs.inputs.len() >= MAX_INPUTS => {
                    let message = format!("there are {MAX_INPUTS} inputs: disable some first");
                    return Err(Failure::new(Code::ResourceExhausted, "TOO_MANY", message).into());
                }
                _ => {}
            }
            inputs.enable(input.clone(), now);
            Ok(inputs.take_notice(&found, now))
        };
        let (coverage, inputs) = self.change(expected, change).await?;
        tracing::info!(target: "audit", who, id, source = ?input.source, "an input was enabled");
        Ok(Response::new(pb::EnableInputResponse {
            input: Some(self.message(&id, &inputs, &available, &edition)),
            etag: etag_text(&inputs),
            warnings: warnings(&coverage, &available, &inputs),
        }))
    }

    async fn disable_input(
        &self,
        request: Request<pb::DisableInputRequest>,
    ) -> Result<Response<pb::DisableInputResponse>, Status> {
        let who = who(&request);
        let asked = request.into_inner();
        let (id, expected) = (asked.id.trim(), failures::etag(&asked.etag)?);
        if id.is_empty() {
            return Err(Violations::of("id", "give the id of an input from ListInputs").into());
        }
        let edition = self.edition()?;
        let (found, now) = (found(&edition), self.core.clock.seconds());
        let available = AllAvailable::of(&edition);
        let change = |inputs: &mut Inputs| {
            if !inputs.disable(id, now) {
                return Err(
                    match available.inputs.contains_key(id) || inputs.inputs.contains_key(id) {
                        true => is_not_enabled(),
                        false => unknown(id),
                    },
                );
            }
            inputs.take_notice(&found, now);
            Ok(())
        };
        let ((), inputs) = self.change(expected, change).await?;
        tracing::info!(target: "audit", who, id, "an input was disabled");
        let input = Some(self.message(id, &inputs, &available, &edition));
        Ok(Response::new(pb::DisableInputResponse { input, etag: etag_text(&inputs) }))
    }

    async fn list_rules(
        &self,
        _request: Request<pb::ListRulesRequest>,
    ) -> Result<Response<pb::ListRulesResponse>, Status> {
        let inputs = self.read().await?;
        let rules = inputs.rules.iter().map(rule_message).collect();
        Ok(Response::new(pb::ListRulesResponse { rules, etag: etag_text(&inputs) }))
    }

    async fn set_rule(
        &self,
        request: Request<pb::SetRuleRequest>,
    ) -> Result<Response<pb::SetRuleResponse>, Status> {
        let who = who(&request);
        let asked = request.into_inner();
        let expected = failures::etag(&asked.etag)?;
        let (name, rule) = rule_of(&asked)?;
        let edition = self.edition()?;
        let available = AllAvailable::of(&edition);
        let (found, now) = (found(&edition), self.core.clock.seconds());
        let change = |inputs: &mut Inputs| {
            if inputs.rules.len() >= MAX_RULES && !inputs.rules.contains_key(&name) {
                let message = format!("there are {MAX_RULES} rules: delete some first");
                return Err(Failure::new(Code::ResourceExhausted, "TOO_MANY", message).into());
            }
            inputs.rules.insert(name.clone(), rule.clone());
            let enabled = available.apply_rules(inputs, now);
            inputs.take_notice(&found, now);
            Ok(enabled)
        };
        let (enabled, inputs) = self.change(expected, change).await?;
        tracing::info!(target: "audit", who, name, ?rule, ?enabled, "a rule of inputs was set");
        Ok(Response::new(pb::SetRuleResponse { enabled, etag: etag_text(&inputs) }))
    }

    async fn delete_rule(
        &self,
        request: Request<pb::DeleteRuleRequest>,
    ) -> Result<Response<pb::DeleteRuleResponse>, Status> {
        let who = who(&request);
        let asked = request.into_inner();
        let expected = failures::etag(&asked.etag)?;
        let change = |inputs: &mut Inputs| match inputs.rules.remove(&asked.name) {
            Some(_) => Ok(()),
            None => {
                let message = "there is no such rule: ListRules has those that there are";
                Err(Failure::new(Code::NotFound, "RULE_UNKNOWN", message).into())
            }
        };
        let ((), inputs) = self.change(expected, change).await?;
        tracing::info!(target: "audit", who, name = asked.name, "a rule of inputs was deleted");
        Ok(Response::new(pb::DeleteRuleResponse { etag: etag_text(&inputs) }))
    }
}

impl Calls {
    fn edition(&self) -> Result<Arc<Edition>, Status> {
        self.core.check_loaded()?;
        Ok(self.core.publisher.edition())
    }

    async fn read(&self) -> Result<Inputs, Status> {
        let read = inputs().read(&*self.store).await;
        Ok(read.map_err(|error| failures::of_store(WHAT, &error))?.value)
    }

    async fn change<R: Send>(
        &self,
        expected: Option<Etag>,
        mut change: impl FnMut(&mut Inputs) -> Result<R, Status> + Send,
    ) -> Result<(R, Inputs), Status> {
        let change = |inputs: &mut Inputs| match etag_of(inputs) {
            current if expected.is_none() || expected == current => change(inputs),
            current => Err(failures::stale(WHAT, current)),
        };
        let updated = inputs().update(&*self.store, None, change).await;
        let (result, revised) = updated.map_err(|error| failures::of_update(WHAT, error))?;
        Ok((result, revised.value))
    }

    fn message(
        &self,
        id: &str,
        inputs: &Inputs,
        available: &AllAvailable,
        edition: &Edition,
    ) -> pb::Input {
        let reach = inputs.ways.iter().filter(|way| way.input_id == id);
        let flow_logs = reach.filter(|way| way.from.starts_with("fl-"));
        let flow_log_ids: Vec<_> = flow_logs.map(|way| way.from.clone()).collect();
        let found = edition.snapshots().flat_map(|(_, snapshot)| &snapshot.flow_logs);
        let log_formats = log_format_texts(found.filter(|log| flow_log_ids.contains(&log.id)));
        let shown = input_message(id, inputs.inputs.get(id), available.inputs.get(id));
        pb::Input { flow_log_ids, log_formats, ..shown }
    }
}

fn etag_text(inputs: &Inputs) -> String {
    failures::etag_text(etag_of(inputs))
}

fn is_enabled(id: &str) -> Status {
    let message = format!("`{id}` is enabled already, and read as you ask: there is nothing to do");
    Failure::new(Code::AlreadyExists, "ALREADY_ENABLED", message).into()
}

fn is_not_enabled() -> Status {
    let message = "this input is not enabled: there is nothing to disable";
    Failure::new(Code::FailedPrecondition, "NOT_ENABLED", message).into()
}
