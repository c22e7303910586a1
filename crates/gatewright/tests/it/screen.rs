//! The trader's screen on a terminal of its own: shown, listening to keys, and given back however the trader ends.

use std::io::Write;
use std::process::Stdio;

use crate::patience::now;
use crate::program::{Program, Run, finish};

/// Runs a program on a new terminal of 120 by 40, presses keys once a text has been shown, and writes down all that was
/// shown, whether the terminal echoes again, and how the program ended.
const TERMINAL: &str = r#"
import fcntl, json, os, pty, select, signal, struct, sys, termios, time
waits, act = sys.argv[1], sys.argv[2]
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[3], sys.argv[3:])
fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
shown, acted, until = b"", False, time.monotonic() + 60
while time.monotonic() < until:
    if select.select([master], [], [], 0.05)[0]:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    if not acted and waits.encode() in shown:
        acted = True
        if act == "TERM":
            os.kill(pid, signal.SIGTERM)
        elif act != "NOTHING":
            os.write(master, act.encode())
    echoes = bool(termios.tcgetattr(master)[3] & termios.ECHO)
status = os.waitpid(pid, 0)[1]
print(json.dumps({"shown": shown.decode(errors="replace"), "echoes": echoes, "acted": acted,
                  "code": os.waitstatus_to_exitcode(status)}))
"#;

/// What leaves the alternate screen, and what shows the cursor again.
const GIVEN_BACK: [&str; 2] = ["\x1b[?1049l", "\x1b[?25h"];

/// Orders come soon, and are what shows that it trades.
const BUSY: [&str; 7] = ["--sim", "--speed", "60", "--fast", "1", "--slow", "2"];

struct Shown {
    text: String,
    code: i64,
}

/// Trades on a terminal; once `waits` is shown, `act` is typed, or SIGTERM sent where it is `TERM`.
fn on_a_terminal(program: &Program, fail_point: &str, waits: &str, act: &str, arguments: &[&str]) -> Shown {
    let helper = program.state().join("terminal.py");
    std::fs::File::create(&helper).unwrap().write_all(TERMINAL.as_bytes()).unwrap();
    // The environment is the program's; only what runs is another one.
    let ours = program.command(&[]);
    let mut command = std::process::Command::new("python3");
    command.arg(&helper).args([waits, act, env!("CARGO_BIN_EXE_gatewright"), "trade", "AAPL"]).args(arguments);
    for (name, value) in ours.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("GATEWRIGHT_FAIL_POINT", fail_point).env("TERM", "xterm-256color");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let run: Run = finish(command.spawn().unwrap(), now());
    let told: serde_json::Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let text = told["shown"].as_str().unwrap().to_owned();
    assert_eq!((told["acted"].as_bool(), told["echoes"].as_bool()), (Some(true), Some(true)), "{told:#}");
    let last_taken = text.rfind("\x1b[?1049h").expect("the screen was taken");
    for sequence in GIVEN_BACK {
        assert!(text.rfind(sequence).is_some_and(|given| given > last_taken), "{sequence:?} is missing: {told:#}");
    }
    Shown { text, code: told["code"].as_i64().unwrap() }
}

impl Shown {
    /// What stands on the terminal after the screen was given back.
    fn afterwards(&self) -> &str {
        self.text.rsplit_once(GIVEN_BACK[0]).unwrap().1
    }
}

#[test]
fn the_screen_is_given_back_after_a_signal_and_the_summary_stands_below() {
    let shown = on_a_terminal(&Program::new(), "", "BUY", "TERM", &BUSY);
    assert_eq!(shown.code, 0, "{}", shown.text);
    assert!(shown.afterwards().contains("orders") && shown.afterwards().contains("AAPL"), "{}", shown.afterwards());
}

#[test]
fn keys_halt_and_quit_after_they_are_confirmed() {
    let program = Program::new();
    let state = program.state().join("own");
    let state = state.to_str().unwrap();
    std::fs::create_dir(state).unwrap();
    let shown = on_a_terminal(&program, "", "BUY", "hyq", &[&BUSY[..], &["--state", state]].concat());
    assert_eq!(shown.code, 0, "{}", shown.text);
    assert!(shown.text.contains("halted"), "{}", shown.text);
}

#[test]
fn the_screen_is_given_back_before_a_panic_is_told() {
    let shown = on_a_terminal(&Program::new(), "before-intent!", "AAPL", "NOTHING", &["--sim", "--speed", "60"]);
    assert_ne!(shown.code, 0);
    assert!(shown.afterwards().contains("this is the panic that was asked for"), "{}", shown.text);
}
