//! A worker on a socket in this process, a simulated Gateway behind it, and programs that speak lines with it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gatewright_link::worker::{WorkerPolicy, WorkerSocket, run_on_socket};
use gatewright_sim::{Fault, SimConfig, Simulator};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::oneshot;

/// No single answer of a test may take longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What a test plays with.
pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    pub(crate) path: PathBuf,
    _dir: TempDir,
}

impl Stage {
    pub(crate) fn port(&self) -> u16 {
        self.simulator.addr().port()
    }

    pub(crate) async fn program(&self) -> Program {
        Program::attach(&self.path).await
    }
}

/// Runs `play` beside a worker on a socket. The worker must end in time once `play` has.
pub(crate) async fn with_worker<F: Future<Output = ()>>(faults: &[Fault], play: impl FnOnce(Stage) -> F) {
    with_policy(WorkerPolicy::default(), faults, play).await;
}

/// The same with a worker that keeps to `policy`.
pub(crate) async fn with_policy<F: Future<Output = ()>>(
    policy: WorkerPolicy,
    faults: &[Fault],
    play: impl FnOnce(Stage) -> F,
) {
    let config = SimConfig { faults: faults.to_vec(), ..SimConfig::default() };
    with_sim(policy, config, play).await;
}

/// The same with any simulated Gateway.
pub(crate) async fn with_sim<F: Future<Output = ()>>(
    policy: WorkerPolicy,
    config: SimConfig,
    play: impl FnOnce(Stage) -> F,
) {
    let simulator = Simulator::start(config).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run/worker.sock");
    let socket = WorkerSocket::bind(&path).unwrap();
    let stage = Stage { simulator, path, _dir: dir };
    let (stop, stopped) = oneshot::channel::<()>();
    let worker = run_on_socket(socket, policy, async {
        let _ = stopped.await;
    });
    let playing = async {
        play(stage).await;
        drop(stop);
    };
    let both = tokio::time::timeout(3 * PATIENCE, async { tokio::join!(worker, playing) });
    both.await.expect("the worker ends when it is told to");
}

/// A program that speaks lines on the worker's socket.
pub(crate) struct Program {
    to: OwnedWriteHalf,
    from: Lines<BufReader<OwnedReadHalf>>,
    next_id: i64,
}

impl Program {
    pub(crate) async fn attach(path: &Path) -> Self {
        let (from, to) = UnixStream::connect(path).await.unwrap().into_split();
        Self { to, from: BufReader::new(from).lines(), next_id: 0 }
    }

    pub(crate) async fn line(&mut self) -> Option<Value> {
        self.next_within(PATIENCE).await
    }

    pub(crate) async fn next_within(&mut self, patience: Duration) -> Option<Value> {
        let line = tokio::time::timeout(patience, self.from.next_line()).await.expect("a line in time").unwrap();
        line.map(|line| serde_json::from_str(&line).expect("every line is JSON"))
    }

    pub(crate) async fn ask(&mut self, method: &str, params: Value) -> i64 {
        self.next_id += 1;
        let line = json!({ "jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params });
        self.to.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        self.next_id
    }

    /// The answer with that id; events on the way are passed over.
    pub(crate) async fn answer(&mut self, id: i64) -> Value {
        loop {
            let line = self.line().await.expect("the worker still writes");
            if line["id"] == id {
                return line;
            }
        }
    }

    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params).await;
        self.answer(id).await
    }

    /// The next event of that kind; answers and others on the way are passed over.
    pub(crate) async fn event(&mut self, method: &str) -> Value {
        loop {
            let line = self.line().await.expect("the worker still writes");
            if line["method"] == method {
                return line["params"].clone();
            }
        }
    }
}

#[tokio::test]
async fn several_programs_have_sessions_of_their_own_and_see_no_others() {
    with_worker(&[], |stage| async move {
        let (mut one, mut other) = (stage.program().await, stage.program().await);
        let at = |client_id: i32| json!({ "port": stage.port(), "client_id": client_id });
        assert_eq!(one.call("connect", at(1)).await["result"]["connected"], true);
        assert_eq!(other.call("connect", at(2)).await["result"]["connected"], true);
        // Each may leave out the client id, for it has one session only.
        assert_eq!(one.call("accounts", json!({})).await["result"]["accounts"], json!(["DU1234567"]));
        let not_mine = other.call("accounts", json!({ "client_id": 1 })).await;
        assert_eq!(not_mine["error"]["data"]["cause"], "not_connected");
        let taken = other.call("connect", at(1)).await;
        assert_eq!(taken["error"]["data"]["cause"], "client_id_in_use");
        let health = other.call("health", json!({})).await;
        assert_eq!(health["result"]["sessions"].as_array().unwrap().len(), 2);

        let contract = json!({ "symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD" });
        let stream = json!({ "kind": "ticks", "contract": contract });
        let first = one.call("subscribe", stream.clone()).await["result"]["subscription"].clone();
        let second = other.call("subscribe", stream).await["result"]["subscription"].clone();
        assert_ne!(first, second);
        assert_eq!(one.event("ticks").await["subscription"], first);
        assert_eq!(other.event("ticks").await["subscription"], second);

        drop(one);
        let left = stage.simulator.until(PATIENCE, |state| state.connections.len() == 1).await.unwrap();
        assert_eq!(left.expect("the session of who left is closed").close_wait, 0);
        assert_eq!(other.call("connect", at(1)).await["result"]["connected"], true);
        stage.simulator.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn when_the_worker_stops_every_program_sees_its_answers_and_then_the_end() {
    let (sent, received) = oneshot::channel();
    with_worker(&[], |stage| async move {
        let mut program = stage.program().await;
        let at = json!({ "port": stage.port(), "client_id": 1 });
        assert_eq!(program.call("connect", at).await["result"]["connected"], true);
        sent.send((program, stage)).ok().unwrap();
    })
    .await;
    let (mut program, stage) = received.await.unwrap();
    assert!(program.line().await.is_none(), "nothing but the end");
    let gone = stage.simulator.until(PATIENCE, |state| state.connections.is_empty()).await.unwrap();
    assert_eq!(gone.expect("the session is closed").close_wait, 0);
}
