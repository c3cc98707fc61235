//! Answers on the wire.

use std::time::Duration;

use tonic::Status;
use weir_delivery::{Answer, RetryReason, RunAnswer, RunRejection};

use super::{id_message, id_of};
use crate::link::FromReceiver;
use crate::pb::{
    self, AnswerKind, AnswerReason, enrich_response as enrich, export_response as export,
};

/// What an enricher says.
pub fn enrich_response(said: FromReceiver) -> pb::EnrichResponse {
    let message = match said {
        FromReceiver::Answers(answers) => enrich::Message::Answers(answers_message(&answers)),
        FromReceiver::Closing => enrich::Message::Closing(pb::Closing {}),
    };
    pb::EnrichResponse { message: Some(message) }
}

/// What an enricher said.
///
/// # Errors
///
/// A status that says what is wrong with the message.
pub fn enrich_response_of(message: pb::EnrichResponse) -> Result<FromReceiver, Status> {
    match message.message {
        Some(enrich::Message::Answers(answers)) => answers_of(answers),
        Some(enrich::Message::Closing(_)) => Ok(FromReceiver::Closing),
        // A later version may say more.
        None => Ok(FromReceiver::Answers(Vec::new())),
    }
}

/// What an exporter says.
pub fn export_response(said: FromReceiver) -> pb::ExportResponse {
    let message = match said {
        FromReceiver::Answers(answers) => export::Message::Answers(answers_message(&answers)),
        FromReceiver::Closing => export::Message::Closing(pb::Closing {}),
    };
    pb::ExportResponse { message: Some(message) }
}

/// What an exporter said.
///
/// # Errors
///
/// A status that says what is wrong with the message.
pub fn export_response_of(message: pb::ExportResponse) -> Result<FromReceiver, Status> {
    match message.message {
        Some(export::Message::Answers(answers)) => answers_of(answers),
        Some(export::Message::Closing(_)) => Ok(FromReceiver::Closing),
        // A later version may say more.
        None => Ok(FromReceiver::Answers(Vec::new())),
    }
}

fn answers_message(answers: &[RunAnswer]) -> pb::Answers {
    pb::Answers { answers: answers.iter().map(answer_message).collect() }
}

fn answers_of(message: pb::Answers) -> Result<FromReceiver, Status> {
    let answers = message.answers.into_iter().map(answer_of);
    Ok(FromReceiver::Answers(answers.collect::<Result<_, _>>()?))
}

fn answer_message(answer: &RunAnswer) -> pb::Answer {
    let none = (AnswerReason::Unspecified, Duration::ZERO);
    let (kind, (reason, after)) = match answer.answer {
        Answer::Accepted => (AnswerKind::Accepted, none),
        Answer::Committed => (AnswerKind::Committed, none),
        Answer::Unknown => (AnswerKind::Unknown, none),
        Answer::Retry(RetryReason::StaleTemplates, _) => (AnswerKind::StaleTemplates, none),
        Answer::Retry(RetryReason::Unavailable, after) => {
            (AnswerKind::Retry, (AnswerReason::Unavailable, after))
        }
        Answer::Retry(RetryReason::Draining, after) => {
            (AnswerKind::Retry, (AnswerReason::Draining, after))
        }
        Answer::Rejected(rejection) => {
            (AnswerKind::Rejected, (rejection_reason(rejection), Duration::ZERO))
        }
    };
    pb::Answer {
        run: Some(id_message(answer.run)),
        kind: kind.into(),
        reason: reason.into(),
        retry_after_ms: u32::try_from(after.as_millis()).unwrap_or(u32::MAX),
    }
}

fn rejection_reason(rejection: RunRejection) -> AnswerReason {
    match rejection {
        RunRejection::Malformed => AnswerReason::Malformed,
        RunRejection::TooLarge => AnswerReason::TooLarge,
        RunRejection::LogFormat => AnswerReason::LogFormat,
    }
}

fn answer_of(message: pb::Answer) -> Result<RunAnswer, Status> {
    let after = Duration::from_millis(message.retry_after_ms.into());
    let answer = match (message.kind(), message.reason()) {
        (AnswerKind::Accepted, _) => Answer::Accepted,
        (AnswerKind::Committed, _) => Answer::Committed,
        (AnswerKind::Unknown, _) => Answer::Unknown,
        (AnswerKind::StaleTemplates, _) => {
            Answer::Retry(RetryReason::StaleTemplates, Duration::ZERO)
        }
        (AnswerKind::Retry, AnswerReason::Draining) => Answer::Retry(RetryReason::Draining, after),
        (AnswerKind::Retry, _) => Answer::Retry(RetryReason::Unavailable, after),
        (AnswerKind::Rejected, AnswerReason::TooLarge) => Answer::Rejected(RunRejection::TooLarge),
        (AnswerKind::Rejected, AnswerReason::LogFormat) => {
            Answer::Rejected(RunRejection::LogFormat)
        }
        (AnswerKind::Rejected, _) => Answer::Rejected(RunRejection::Malformed),
        (AnswerKind::Unspecified, _) => {
            return Err(Status::invalid_argument("an answer of no known kind"));
        }
    };
    Ok(RunAnswer { run: id_of(message.run)?, answer })
}
