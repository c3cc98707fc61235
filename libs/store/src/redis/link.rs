//! The way to the server: calls with an end, over a connection that comes back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue};
use tokio::time::{Instant, timeout_at};

use super::attempts::Attempts;
use super::connect::{Connector, FORMAT, NoConnection, timed_out};
use super::fault::{ends_connection, fault, is_of_connection, is_unknown_script};
use super::script::Call;
use crate::error::StoreError;

/// The way to the server. Calls share a connection, which is made when one needs it; each ends in
/// time.
///
/// The crate's own connection manager is not used: it keeps a connection whose server went silent,
/// and has callers wait for attempts that are bound to fail.
#[derive(Debug)]
pub(super) struct Link {
    connector: Connector,
    current: Mutex<Option<Numbered>>,
    attempts: tokio::sync::Mutex<Attempts>,
}

#[derive(Clone, Debug)]
struct Numbered {
    number: u64,
    connection: MultiplexedConnection,
}

impl Link {
    pub(super) fn by(connector: Connector) -> Self {
        Self { connector, current: Mutex::default(), attempts: tokio::sync::Mutex::default() }
    }

    pub(super) fn connector(&self) -> &Connector {
        &self.connector
    }

    /// By when a call is over that is about so many octets.
    pub(super) fn deadline(&self, octets: usize) -> Instant {
        let rounds = u32::try_from(octets >> 23).unwrap_or(u32::MAX).saturating_add(1);
        let time = self.connector.timeout().saturating_mul(rounds);
        Instant::now() + time.min(Duration::from_secs(3600))
    }

    /// Runs a script. One that only reads is sent again when the connection turns out to be gone.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        call: &Call<'_>,
        deadline: Instant,
    ) -> Result<T, StoreError> {
        match self.query(&call.by_hash(), call.is_read(), deadline).await {
            Err(NoAnswer::Redis(error)) if is_unknown_script(&error) => {
                let told = self.query(&call.by_text(), call.is_read(), deadline).await;
                told.map_err(|error| self.error(error))
            }
            result => result.map_err(|error| self.error(error)),
        }
    }

    /// Has the server answer a command that only reads.
    pub(super) async fn read<T: FromRedisValue>(
        &self,
        command: &Cmd,
        deadline: Instant,
    ) -> Result<T, StoreError> {
        self.query(command, true, deadline).await.map_err(|error| self.error(error))
    }

    async fn query<T: FromRedisValue>(
        &self,
        command: &Cmd,
        is_read: bool,
        deadline: Instant,
    ) -> Result<T, NoAnswer> {
        let deadline = deadline.min(Instant::now() + self.connector.timeout());
        let mut used = None;
        let first = timeout_at(deadline, self.attempt(command, &mut used)).await;
        let result = match first {
            Ok(Err(NoAnswer::Redis(error)))
                if is_read && used.is_some() && is_of_connection(&error) =>
            {
                self.leave(used.take());
                timeout_at(deadline, self.attempt(command, &mut used)).await
            }
            first => first,
        };
        let result = result.unwrap_or_else(|_| Err(timed_out("there is no answer in time").into()));
        if let Err(NoAnswer::Redis(error)) = &result
            && ends_connection(error)
        {
            self.leave(used);
        }
        result
    }

    async fn attempt<T: FromRedisValue>(
        &self,
        command: &Cmd,
        used: &mut Option<u64>,
    ) -> Result<T, NoAnswer> {
        let Numbered { number, mut connection } = self.connection().await?;
        *used = Some(number);
        Ok(command.query_async(&mut connection).await?)
    }

    async fn connection(&self) -> Result<Numbered, NoConnection> {
        if let Some(current) = self.current().clone() {
            return Ok(current);
        }
        let mut attempts = self.attempts.lock().await;
        // Somebody else may have made it, or have failed to, in the meantime.
        if let Some(current) = self.current().clone() {
            return Ok(current);
        }
        attempts.check()?;
        let connected = self.connector.connect().await;
        let connection = connected.map_err(|reason| attempts.fail(reason))?;
        let current = Numbered { number: attempts.succeed(), connection };
        *self.current() = Some(current.clone());
        Ok(current)
    }

    /// Has the next call make another connection. Calls that wait for answers go on waiting.
    fn leave(&self, number: Option<u64>) {
        let mut current = self.current();
        if current.as_ref().map(|current| current.number) == number {
            *current = None;
        }
    }

    fn current(&self) -> MutexGuard<'_, Option<Numbered>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, error: NoAnswer) -> StoreError {
        let server = self.connector.server();
        match error {
            NoAnswer::Redis(error) => fault(&server, error),
            NoAnswer::Format(found) => {
                StoreError::Format { server, found, known: FORMAT.to_owned() }
            }
        }
    }
}

type NoAnswer = NoConnection;
