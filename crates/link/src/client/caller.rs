//! Making a call: one line out, one answer in, within a deadline.

use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::subscription::Subscription;
use super::switchboard::{Origin, Switchboard, Waiter};
use crate::error::LinkError;
use crate::protocol::{MAX_LINE, Method, SubscribeParams};

/// How much longer than the worker the client waits: the worker's own word that the deadline has passed must have time
/// to travel, even on a machine that is busy.
pub(super) const MARGIN: Duration = Duration::from_millis(100);

/// What is needed to make calls. It does not keep the link alive.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) switchboard: Arc<Switchboard>,
    /// How long a call may take.
    pub(super) deadline: Duration,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

impl Caller {
    /// Calls a method and reads its result.
    ///
    /// Dropping the future forgets the call: the worker may still carry it out, its answer is counted as late.
    pub(super) async fn call<P: Serialize, R: DeserializeOwned>(
        &self,
        origin: Origin,
        method: Method,
        params: &P,
        deadline: Duration,
    ) -> Result<R, LinkError> {
        let id = self.switchboard.next_id();
        let line = request(Some((id, deadline)), method, params)?;
        let (reply, answer) = oneshot::channel();
        self.switchboard.send(origin, id, &line, Waiter::Call { method, reply })?;
        let _forget = Forget { switchboard: &self.switchboard, id };
        let result = within(method, deadline, answer).await?;
        serde_json::from_str(result.get()).map_err(|source| LinkError::Protocol { method, source })
    }

    /// Starts a stream.
    ///
    /// Dropping the future does not forget the call: when its answer comes, the stream is ended.
    pub(super) async fn subscribe(&self, params: &SubscribeParams) -> Result<Subscription, LinkError> {
        let id = self.switchboard.next_id();
        let line = request(Some((id, self.deadline)), Method::Subscribe, params)?;
        let (reply, answer) = oneshot::channel();
        let waiter = Waiter::Subscribe { kind: params.kind, client_id: params.client_id, reply };
        self.switchboard.send(Origin::Caller, id, &line, waiter)?;
        within(Method::Subscribe, self.deadline, answer).await
    }

    /// Tells the worker something without wanting an answer.
    pub(super) fn tell<P: Serialize>(&self, method: Method, params: &P) {
        if let Ok(line) = request(None, method, params) {
            self.switchboard.tell(&line);
        }
    }
}

/// Forgets a call, whichever way its future ends.
struct Forget<'call> {
    switchboard: &'call Switchboard,
    id: i64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.switchboard.forget(self.id);
    }
}

/// Waits for an answer, a little longer than the worker may take.
async fn within<T>(
    method: Method,
    deadline: Duration,
    answer: oneshot::Receiver<Result<T, LinkError>>,
) -> Result<T, LinkError> {
    let limit = deadline.saturating_add(MARGIN);
    match timeout(limit, answer).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(LinkError::Stopped),
        Err(_) => Err(LinkError::Silent { method, after: limit }),
    }
}

/// A request's line; one without a name has no answer.
pub(super) fn request<P: Serialize>(
    name: Option<(i64, Duration)>,
    method: Method,
    params: &P,
) -> Result<Vec<u8>, LinkError> {
    let mut line = Vec::with_capacity(256);
    line.extend_from_slice(b"{\"jsonrpc\":\"2.0\",");
    if let Some((id, deadline)) = name {
        // A deadline of no milliseconds would be over before it began.
        let ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX).max(1);
        write!(line, "\"id\":{id},\"deadline_ms\":{ms},").expect("a Vec takes everything");
    }
    write!(line, "\"method\":\"{}\",\"params\":", method.name()).expect("a Vec takes everything");
    serde_json::to_writer(&mut line, params).map_err(|source| LinkError::Params { method, source })?;
    line.extend_from_slice(b"}\n");
    if line.len() > MAX_LINE {
        return Err(LinkError::Overloaded { what: "bytes in one request", limit: MAX_LINE });
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ExecutionsParams, Incoming, RpcId, SessionParams};

    #[test]
    fn a_request_is_one_line_that_a_worker_reads() {
        let params = ExecutionsParams { symbol: "A\nB".into(), ..ExecutionsParams::default() };
        let line = request(Some((7, Duration::from_secs(10))), Method::Executions, &params).expect("plain");
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        let Ok(Incoming::Rpc(read)) = Incoming::parse(&line) else { panic!("a request") };
        assert_eq!(
            (read.id, read.method.as_str(), read.deadline_ms),
            (Some(RpcId::Number(7)), "executions", Some(10_000))
        );
        let read: ExecutionsParams = serde_json::from_str(read.params.expect("given").get()).expect("as written");
        assert_eq!(read, params);
    }

    #[test]
    fn what_needs_no_answer_has_no_name() {
        let line = request(None, Method::Ping, &SessionParams::default()).expect("plain");
        let Ok(Incoming::Rpc(read)) = Incoming::parse(&line) else { panic!("a request") };
        assert_eq!((read.id, read.deadline_ms), (None, None));
    }

    #[test]
    fn a_line_that_no_worker_would_read_is_not_sent() {
        let params = ExecutionsParams { symbol: "A".repeat(MAX_LINE), ..ExecutionsParams::default() };
        let error = request(None, Method::Executions, &params).expect_err("too long");
        assert_eq!(error.cause(), "overloaded");
    }
}
