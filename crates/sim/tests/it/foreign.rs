//! Clients that were written by others and are run unmodified. What they must see stands in `tests/foreign`; here they
//! only get a Gateway, and their failures are reported.

mod steps;

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gatewright_proto::ClientId;
use gatewright_sim::{ControlSocket, Fault, SimConfig, Simulator, Snapshot};

/// The Python with the foreign clients; `cargo xtask test` sets it.
const PYTHON: &str = "GATEWRIGHT_FOREIGN_PYTHON";

/// How long one story may take, on a busy machine; the longest are over in twenty seconds.
const STORY: Duration = Duration::from_secs(120);

/// When the Gateway's clock begins, as `tests/foreign/steps.py` knows it too: no story hangs on when it is told.
const BEGAN: &str = "2026-03-04T15:10:30Z";

/// The client, and where its stories are.
const IB_ASYNC: &str = "ib_async_story.py";
const IBAPI: &str = "ibapi_story.py";

#[expect(clippy::disallowed_methods, reason = "the test is told by xtask where the foreign clients are")]
#[expect(clippy::print_stdout, reason = "a test that was skipped says so")]
fn python() -> Option<OsString> {
    let python = std::env::var_os(PYTHON);
    if python.is_none() {
        println!("skipped: {PYTHON} is not set; run `cargo xtask test`");
    }
    python
}

/// Lets a client tell one of its stories to a fresh simulator; returns how the simulator stands afterwards.
async fn told(script: &str, subject: &str, config: SimConfig) -> Option<Snapshot> {
    static FOLDERS: AtomicU32 = AtomicU32::new(0);
    let python = python()?;
    let config = SimConfig { start: BEGAN.parse().unwrap(), ..config };
    let simulator = Simulator::start(config).await.unwrap();
    let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("gatewright-story-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let socket = ControlSocket::open(folder.join("control"), simulator.control()).unwrap();

    let mut command = Command::new(python);
    // -B: nothing is written next to the stories.
    command.arg("-B").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/foreign").join(script));
    command.arg(simulator.addr().ip().to_string()).arg(simulator.addr().port().to_string());
    command.arg("--control").arg(socket.path()).arg(subject);
    let story = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = tokio::time::timeout(STORY, story).await.expect("the story ends").unwrap();
    let (steps, problem) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "steps that went well:\n{steps}\n{problem}");

    let state = simulator.snapshot().await.unwrap();
    drop(socket);
    std::fs::remove_dir_all(folder).unwrap();
    simulator.stop().await.unwrap();
    // Whatever was told: what was paid for positions, and what it cost, is what is missing from the cash.
    for account in &state.accounts {
        let paid: rust_decimal::Decimal =
            state.positions.iter().filter(|it| it.account == account.account).map(|it| it.cost).sum();
        assert_eq!(account.cash + paid, account.initial_cash + account.realized_pnl, "{account:?}");
    }
    Some(state)
}

/// One test for each story of a client.
macro_rules! stories {
    ($client:ident: $($name:ident, $subject:literal, $config:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            told($client, $subject, $config).await;
        })*
    };
}

fn read_only() -> SimConfig {
    SimConfig { faults: vec![Fault::ReadOnly], ..SimConfig::default() }
}

fn many_accounts() -> SimConfig {
    SimConfig { accounts: ["DU1000001", "DU1000002", "DU1000003"].map(Into::into).to_vec(), ..SimConfig::default() }
}

fn with_master() -> SimConfig {
    SimConfig { master_client_id: Some(ClientId::new(5)), ..SimConfig::default() }
}

stories! { IB_ASYNC:
    ib_async_connects_leaves_and_comes_back, "fresh", SimConfig::default();
    ib_async_reads_in_read_only_mode, "read-only", read_only();
    ib_async_has_many_accounts, "many-accounts", many_accounts();
    ib_async_knows_what_an_account_is_worth, "account", SimConfig::default();
    ib_async_finds_contracts, "contracts", SimConfig::default();
    ib_async_watches_the_market, "market", SimConfig::default();
    ib_async_looks_back, "history", SimConfig::default();
    ib_async_places_orders_of_every_kind, "orders", SimConfig::default();
    ib_async_places_orders_that_depend_on_each_other, "families", SimConfig::default();
    ib_async_binds_the_orders_of_people, "binding", SimConfig::default();
    ib_async_is_the_master_client, "master", with_master();
    ib_async_reads_news_and_scans, "news", SimConfig::default();
}

stories! { IBAPI:
    ibapi_connects_leaves_and_comes_back, "fresh", SimConfig::default();
    ibapi_reads_in_read_only_mode, "read-only", read_only();
    ibapi_has_many_accounts, "many-accounts", many_accounts();
    ibapi_knows_what_an_account_is_worth, "account", SimConfig::default();
    ibapi_finds_contracts, "contracts", SimConfig::default();
    ibapi_watches_the_market, "market", SimConfig::default();
    ibapi_looks_back, "history", SimConfig::default();
    ibapi_places_orders_of_every_kind, "orders", SimConfig::default();
    ibapi_places_orders_that_depend_on_each_other, "families", SimConfig::default();
    ibapi_binds_the_orders_of_people, "binding", SimConfig::default();
    ibapi_is_the_master_client, "master", with_master();
    ibapi_reads_news_and_scans, "news", SimConfig::default();
}
