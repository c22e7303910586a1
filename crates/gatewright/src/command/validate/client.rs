//! The client library: spawn, connect, ask, leave.

use gatewright_link::LinkError;
use gatewright_link::client::{Link, LinkSettings, WorkerCommand};
use gatewright_link::protocol::SessionParams;

use crate::cli::SessionArgs;
use crate::command::validate::step::NotPassed;
use crate::endpoint::Endpoint;
use crate::guard;

/// Connects through the client library and asks for accounts and positions.
pub(super) async fn client(
    command: WorkerCommand,
    gateway: &Endpoint,
    session: &SessionArgs,
) -> Result<String, NotPassed> {
    let failed = |error: LinkError| NotPassed::Failed(error.data().message);
    // Its events are for those who show progress.
    let (link, _events) = Link::spawn(LinkSettings::new(command)).await.map_err(failed)?;
    let used = use_link(&link, gateway, session).await;
    let stopped = link.stop().await;
    let brought = used.map_err(|not_passed| match not_passed {
        Refused::Link(error) => failed(error),
        Refused::Guard(refusal) => NotPassed::Failed(refusal.to_string()),
    })?;
    stopped.map_err(failed)?;
    Ok(brought)
}

enum Refused {
    Link(LinkError),
    Guard(guard::Refusal),
}

impl From<LinkError> for Refused {
    fn from(error: LinkError) -> Self {
        Self::Link(error)
    }
}

async fn use_link(link: &Link, gateway: &Endpoint, session: &SessionArgs) -> Result<String, Refused> {
    let connected = link.connect(session.params(gateway)).await?;
    guard::check_accounts(&connected.accounts, &session.money.allowed()).map_err(Refused::Guard)?;
    let this = SessionParams { client_id: Some(connected.client_id) };
    let accounts = link.accounts(this.clone()).await?.accounts.len();
    let positions = link.positions(this.clone()).await?.positions.len();
    link.disconnect(this).await?;
    Ok(format!("accounts: {accounts}, positions: {positions}"))
}
