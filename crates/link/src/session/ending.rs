//! The end of a session: who is told, and how the connection is closed.

use gatewright_proto::session::{CloseMode, Deadlines, Failure};
use tokio::net::TcpStream;
use tracing::{info, warn};

use super::closing;
use super::driver::{Command, Driver, End, Outlet, not_ready};
use super::exchange::CallResult;
use crate::clock;
use crate::protocol::{CallError, DisconnectedResult, ErrorCode, Event, SessionLost};

impl<O: Outlet> Driver<O> {
    /// Ends what is in flight, tells whoever must know, and closes.
    pub(super) async fn finish(mut self, stream: Option<TcpStream>, end: End) {
        let client_id = self.client_id();
        let ready = self.session.is_ready();
        let mode = self.session.close_mode();
        let (id, by) = match end {
            End::Failed(failure) => {
                info!(client_id = client_id.get(), cause = failure.cause.name(), stage = %failure.stage, "session over");
                self.exchange.handle_failure(clock::now(), &failure);
                self.flush_outputs();
                self.flush_ticks(true);
                self.tell_failure(&failure);
                (None, None)
            }
            End::Asked { id, by } => {
                info!(client_id = client_id.get(), "session closing");
                self.abandon_calls();
                (id, by)
            }
        };
        let close_by = clock::now() + Deadlines::default().close;
        let by = by.map_or(close_by, |by| by.min(close_by));
        let left = match stream {
            Some(stream) => closing::close(stream, if ready { mode } else { CloseMode::Reset }, by).await,
            None => None,
        };
        if let Some(id) = id {
            let result = DisconnectedResult { disconnected: true, left_in_close_wait: left };
            self.outlet.answer(id, Ok(CallResult::Disconnected(result)));
        }
        if left.is_some_and(|left| left > 0) {
            warn!(client_id = client_id.get(), "the Gateway kept our closed connection in CLOSE_WAIT");
        }
        self.refuse_the_rest();
    }

    fn tell_failure(&self, failure: &Failure) {
        if self.answered {
            let failure = failure.into();
            self.outlet.event(&Event::SessionLost(SessionLost { client_id: self.client_id(), failure }));
        } else {
            let mut error = CallError::session(ErrorCode::ConnectFailed, failure);
            for warning in &self.warnings {
                error.data.message.push_str("; ");
                error.data.message.push_str(warning);
            }
            self.outlet.answer(self.settings.connect, Err(error));
        }
    }

    /// We end the session ourselves: calls in flight end with it.
    fn abandon_calls(&mut self) {
        self.exchange.handle_closing();
        self.flush_outputs();
        if let Some(kept) = &mut self.kept {
            kept.refuse_callers(&self.outlet);
        } else if !self.answered {
            let error = CallError::new(ErrorCode::ShuttingDown, "the session was closed before it was ready");
            self.outlet.answer(self.settings.connect, Err(error));
        }
    }

    /// Commands that came too late are answered as well.
    fn refuse_the_rest(mut self) {
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Call { id, .. } | Command::Connect { id, .. } | Command::Disconnect { id: Some(id), .. } => {
                    self.outlet.answer(id, Err(not_ready()));
                }
                Command::Health(_) | Command::Disconnect { id: None, .. } => {}
            }
        }
    }
}
