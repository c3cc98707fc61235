//! `weir.v1.SettingsService`.

mod mask;
mod messages;

use std::sync::Arc;

use tonic::{Code, Request, Response, Status};
use weir_rpc::pb;
use weir_rpc::pb::settings_service_server::{SettingsService, SettingsServiceServer};
use weir_rpc::server::Services;
use weir_rpc::status::{Failure, Violations};
use weir_store::Store;

use super::catalogue::SettingValues;
use super::following::document;
use super::origin::{Change, FileSettings};
use crate::audit::who;
use crate::failures;

/// What failures call it.
const WHAT: &str = "settings";

/// Adds the service to a listener. `file` is what this process's file says.
pub fn with_settings_service(
    services: Services,
    store: Arc<dyn Store>,
    file: FileSettings,
) -> Services {
    services.with(weir_rpc::limited!(SettingsServiceServer::new(Calls { store, file })))
}

struct Calls {
    store: Arc<dyn Store>,
    file: FileSettings,
}

#[tonic::async_trait]
impl SettingsService for Calls {
    async fn get_settings(
        &self,
        _request: Request<pb::GetSettingsRequest>,
    ) -> Result<Response<pb::GetSettingsResponse>, Status> {
        let read = document().read(&*self.store).await;
        let stored = read.map_err(|error| failures::of_store(WHAT, &error))?;
        let effective = self.file.under(&stored.value);
        Ok(Response::new(pb::GetSettingsResponse {
            settings: Some(messages::effective(&self.file, &effective)),
            sources: messages::sources(&self.file, &effective),
            run_time: Some(messages::settings(&stored.value)),
            etag: failures::etag_text(stored.etag),
            is_locked: self.file.is_locked,
        }))
    }

    async fn update_settings(
        &self,
        request: Request<pb::UpdateSettingsRequest>,
    ) -> Result<Response<pb::UpdateSettingsResponse>, Status> {
        let who = who(&request);
        if self.file.is_locked {
            return Err(locked());
        }
        let asked = request.into_inner();
        let expected = failures::etag(&asked.etag)?;
        let mut violations = Violations::new();
        let given = asked.settings.unwrap_or_default();
        let new = messages::values(&given, &mut violations);
        let named = mask::settings(asked.update_mask.as_ref(), &new, &mut violations);
        for refused in new.refusals().iter().filter(|each| named.contains(&each.setting)) {
            violations.add(&messages::path(refused.setting), &refused.advice);
        }
        violations.into_result()?;

        let change = |stored: &mut SettingValues| {
            let changes = stored.take_over(&named, &new);
            // Cron and time zone are good by themselves; together they may never come.
            match self.file.under(stored).schedule() {
                Ok(_) => Ok(changes),
                Err(refused) => Err(Violations::of("settings.cron", refused.advice)),
            }
        };
        let updated = document().update(&*self.store, expected, change).await;
        let (changes, stored) = updated.map_err(|error| failures::of_update(WHAT, error))?;
        log(&who, &changes);
        let effective = self.file.under(&stored.value);
        Ok(Response::new(pb::UpdateSettingsResponse {
            settings: Some(messages::effective(&self.file, &effective)),
            sources: messages::sources(&self.file, &effective),
            etag: failures::etag_text(stored.etag),
        }))
    }
}

fn locked() -> Status {
    let message = "the file is authoritative: change the settings there and restart, or take \
                   `locked = true` out of its section [control]";
    Failure::new(Code::FailedPrecondition, "SETTINGS_LOCKED", message).into()
}

fn log(who: &str, changes: &[Change]) {
    for Change { setting, from, to } in changes {
        let (from, to) = (shown(from), shown(to));
        let setting = setting.path();
        tracing::info!(target: "audit", who, setting, from, to, "a setting was changed");
    }
}

/// A value at run time; without one the file's counts.
fn shown(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or("as the file says")
}
