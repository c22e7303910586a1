//! The same stories through the session proxy: `gatewright up` in a process of its own between the client and the
//! simulator.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use gatewright_sim::{Fault, SimConfig, Simulator};

use crate::{account, contracts, families, history, market, news, orders, others, session, told};

/// A daemon with a state folder of its own. It is killed with the test, however that ends.
struct Daemon {
    child: Child,
    address: String,
    _state: tempfile::TempDir,
}

impl Daemon {
    /// `None` where the binary was not built: `cargo test --workspace` builds it.
    fn start(gateway: &str) -> Option<Self> {
        let program = binary().filter(|program| program.is_file())?;
        let state = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        command.args(["up", "--gateway", gateway, "--proxy", "127.0.0.1:0", "--http", "off", "--state"]);
        let child = command.arg(state.path()).env("GATEWRIGHT_CONFIG", "").env("GATEWRIGHT_LOG", "error");
        let mut child = child.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.starts_with("proxy ")).expect("it says where it listens");
        assert!(lines.any(|line| line == "ready"), "it gets ready");
        let address = line.rsplit(' ').next().unwrap().to_owned();
        Some(Self { child, address, _state: state })
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Beside the folder of this test's own program.
fn binary() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    Some(own.parent()?.parent()?.join("gatewright"))
}

/// Lets a story be told through a proxy in front of a fresh simulator.
#[expect(clippy::print_stdout, reason = "a test that was skipped says so")]
async fn told_through(config: SimConfig, story: impl AsyncFnOnce(&Simulator, &str)) {
    told(config, async |simulator, gateway| {
        let Some(daemon) = Daemon::start(gateway) else {
            return println!("skipped: the binary is not built; run `cargo test --workspace`");
        };
        story(simulator, &daemon.address).await;
    })
    .await;
}

#[tokio::test]
async fn rust_ibapi_does_through_the_proxy_what_it_does_without() {
    told_through(SimConfig::default(), async |_, address| session::fresh(address).await).await;
    told_through(SimConfig::default(), async |_, address| account::account(address).await).await;
    told_through(SimConfig::default(), async |_, address| contracts::contracts(address).await).await;
}

#[tokio::test]
async fn rust_ibapi_watches_and_looks_back_through_the_proxy() {
    told_through(SimConfig::default(), async |_, address| market::market(address).await).await;
    told_through(SimConfig::default(), async |_, address| history::history(address).await).await;
    told_through(SimConfig::default(), async |_, address| news::news(address).await).await;
}

#[tokio::test]
async fn rust_ibapi_trades_through_the_proxy() {
    told_through(SimConfig::default(), async |_, address| orders::orders(address).await).await;
    told_through(SimConfig::default(), async |_, address| families::families(address).await).await;
}

#[tokio::test]
async fn rust_ibapi_is_read_only_has_many_accounts_binds_orders_and_is_master_through_the_proxy() {
    let config = SimConfig { faults: vec![Fault::ReadOnly], ..SimConfig::default() };
    told_through(config, async |_, address| session::read_only(address).await).await;
    let config = SimConfig { accounts: session::ACCOUNTS.map(Into::into).to_vec(), ..SimConfig::default() };
    told_through(config, async |_, address| session::many_accounts(address).await).await;
    told_through(SimConfig::default(), async |simulator, address| others::binding(simulator, address).await).await;
    let config = SimConfig { master_client_id: Some(gatewright_proto::ClientId::new(5)), ..SimConfig::default() };
    told_through(config, async |_, address| others::master(address).await).await;
}
