//! However we die, nothing is left in CLOSE_WAIT at a Gateway that ignores the end of connections.
//!
//! The moments of death are random and seeded: after some stage has passed, plus a jitter of up to two milliseconds in
//! which the next one gets under way. The jitter is part of the experiment and synchronises nothing.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::json;

use crate::bounded_pipe::BoundedPipe;
use crate::patience::{self, now};
use crate::program::{Program, Sim};
use crate::socket_table::assert_nothing_left;

const DEATHS: u32 = 200;

/// How many die at a time.
const AT_A_TIME: u32 = 8;

/// Decides the moments.
const SEED: u64 = 2711;

/// Kills `DEATHS` processes, each with a client id of its own, and afterwards looks at the Gateway's port.
fn experiment(die: impl Fn(&Program, &Sim, u32, &mut ChaCha8Rng) + Sync) {
    let program = Program::new();
    let sim = Sim::start(&program, &["--fault", "ignore-eof"]);
    let next = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= DEATHS {
                        return;
                    }
                    let mut random = ChaCha8Rng::seed_from_u64(SEED + u64::from(number));
                    die(&program, &sim, number + 1, &mut random);
                }
            });
        }
    });
    patience::until("every worker has gone", || program.processes() == [sim.pid()]);
    assert_nothing_left(sim.port());
}

/// Reads so many lines, lets the jitter pass, and kills.
fn kill_after(child: &mut Child, lines: u32, random: &mut ChaCha8Rng) {
    let mut stdout = BufReader::new(BoundedPipe::new(child.stdout.take().unwrap()));
    for _ in 0..lines {
        assert!(stdout.read_line(&mut String::new()).unwrap() > 0, "it ended by itself");
    }
    let jitter = now() + Duration::from_micros(u64::from(random.next_u32() % 2000));
    while now() < jitter {
        std::hint::spin_loop();
    }
    assert_eq!(child.try_wait().unwrap(), None, "it ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn two_hundred_workers_killed_while_connecting_leave_nothing() {
    experiment(|program, sim, client_id, random| {
        let mut child = program.command(&["worker"]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Others are dying around this one, and their sockets must not keep it from connecting.
        let params = json!({"port": sim.port(), "client_id": client_id, "zombies": "warn"});
        writeln!(stdin, "{}", json!({"jsonrpc": "2.0", "id": 1, "method": "connect", "params": params})).unwrap();
        // Five stages, then the answer.
        let lines = random.next_u32() % 7;
        kill_after(&mut child, lines, random);
    });
}

#[test]
fn two_hundred_trading_programs_killed_while_connecting_leave_nothing() {
    experiment(|program, sim, client_id, random| {
        let client_id = client_id.to_string();
        let arguments = ["connect", "--gateway", sim.address(), "--client-id", &client_id, "--zombies", "warn"];
        let mut child = program.command(&arguments).stderr(Stdio::null()).spawn().unwrap();
        // A heading, then the stages (the first two at once); after that it would leave by itself.
        let lines = random.next_u32() % 7;
        kill_after(&mut child, lines, random);
    });
}
