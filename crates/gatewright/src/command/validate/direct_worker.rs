//! The worker by hand, line by line, in both of its forms.

use std::process::Stdio;
use std::time::Duration;

use gatewright_link::client::WorkerCommand;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::cli::SessionArgs;
use crate::command::validate::step::NotPassed;
use crate::endpoint::Endpoint;
use crate::guard;

/// How long one answer may take: connecting takes 15.25 s at most, and everything else less.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// How long the worker may take to end once its input has.
const END_WITHIN: Duration = Duration::from_secs(3);

/// A worker with its two pipes.
struct Worker {
    child: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
}

fn failed(what: impl ToString) -> NotPassed {
    NotPassed::Failed(what.to_string())
}

/// The older form: `{"command": …}` answered by `{"status": …}`, in order.
pub(super) async fn seed_form(
    command: &WorkerCommand,
    gateway: &Endpoint,
    session: &SessionArgs,
) -> Result<String, NotPassed> {
    let mut worker = Worker::start(command)?;
    worker.command(json!({"command": "ping"})).await?;
    let params = json!({
        "host": gateway.host, "port": gateway.port, "client_id": session.client_id, "readonly": true,
    });
    let connected = worker.command(json!({"command": "connect", "params": params})).await?;
    let accounts = check_accounts(&connected["accounts"], session)?;
    worker.command(json!({"command": "get_accounts"})).await?;
    let positions = worker.command(json!({"command": "get_positions"})).await?;
    worker.command(json!({"command": "disconnect"})).await?;
    worker.end().await?;
    let positions = positions.as_array().or_else(|| positions["positions"].as_array()).map_or(0, Vec::len);
    Ok(format!("accounts: {accounts}, positions: {positions}"))
}

/// JSON-RPC 2.0.
pub(super) async fn json_rpc(
    command: &WorkerCommand,
    gateway: &Endpoint,
    session: &SessionArgs,
) -> Result<String, NotPassed> {
    let mut worker = Worker::start(command)?;
    worker.call(1, "ping", json!({})).await?;
    let params = serde_json::to_value(session.params(gateway)).map_err(failed)?;
    let connected = worker.call(2, "connect", params).await?;
    let accounts = check_accounts(&connected["accounts"], session)?;
    worker.call(3, "accounts", json!({})).await?;
    let positions = worker.call(4, "positions", json!({})).await?;
    worker.call(5, "disconnect", json!({})).await?;
    worker.end().await?;
    let positions = positions["positions"].as_array().map_or(0, Vec::len);
    Ok(format!("accounts: {accounts}, positions: {positions}"))
}

/// The guard's word on the accounts, and how many there are.
pub(super) fn check_accounts(accounts: &Value, session: &SessionArgs) -> Result<usize, NotPassed> {
    let accounts: Vec<String> = serde_json::from_value(accounts.clone()).map_err(failed)?;
    guard::check_accounts(&accounts, &session.money.allowed()).map_err(failed)?;
    if accounts.is_empty() { Err(failed("connected, but without an account")) } else { Ok(accounts.len()) }
}

impl Worker {
    fn start(command: &WorkerCommand) -> Result<Self, NotPassed> {
        let mut child = Command::new(&command.program)
            .args(&command.args)
            .envs(command.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(format_args!("the worker cannot be started: {error}")))?;
        let stdin = child.stdin.take().expect("it is piped");
        let stdout = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Ok(Self { child, stdin, stdout })
    }

    /// Sends a command of the older form and returns its data.
    async fn command(&mut self, command: Value) -> Result<Value, NotPassed> {
        self.send(&command).await?;
        let name = command["command"].as_str().unwrap_or_default();
        let mut answer = self.line(name).await?;
        match answer["status"].as_str() {
            Some("success") => Ok(answer["data"].take()),
            _ => Err(failed(format_args!(
                "{name}: {}",
                answer["error"].as_str().unwrap_or("an answer without a status")
            ))),
        }
    }

    /// Calls a method and returns its result. Notifications may come before it.
    async fn call(&mut self, id: i64, method: &str, params: Value) -> Result<Value, NotPassed> {
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await?;
        loop {
            let mut answer = self.line(method).await?;
            if answer.get("method").is_some() {
                continue;
            }
            if answer["id"] != id {
                return Err(failed(format_args!("{method}: answered under id {}", answer["id"])));
            }
            return match answer.get("result") {
                Some(_) => Ok(answer["result"].take()),
                None => Err(failed(format_args!("{method}: {}", answer["error"]["message"].as_str().unwrap_or("?")))),
            };
        }
    }

    async fn send(&mut self, line: &Value) -> Result<(), NotPassed> {
        self.stdin.write_all(format!("{line}\n").as_bytes()).await.map_err(failed)
    }

    async fn line(&mut self, what: &str) -> Result<Value, NotPassed> {
        let line = tokio::time::timeout(ANSWER_WITHIN, self.stdout.next_line()).await;
        let line = line.map_err(|_| failed(format_args!("{what}: no answer")))?.map_err(failed)?;
        let line = line.ok_or_else(|| failed(format_args!("{what}: the worker ended instead of answering")))?;
        serde_json::from_str(&line).map_err(|_| failed(format_args!("a line on stdout is not the protocol: {line}")))
    }

    /// Ends its input, and sees it end in order.
    async fn end(self) -> Result<(), NotPassed> {
        let Self { mut child, stdin, stdout: _stdout } = self;
        drop(stdin);
        let ended = tokio::time::timeout(END_WITHIN, child.wait()).await;
        let status = ended.map_err(|_| failed("the worker did not end with its input"))?.map_err(failed)?;
        if status.success() { Ok(()) } else { Err(failed(format_args!("the worker ended with {status}"))) }
    }
}
