//! The rivals: ib_async by a Python program, and lsof.

use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::figures::{self, Samples};

/// Connects ib_async, unmodified, `count` times, and times each `connect()` from inside.
pub(crate) fn ib_async_connect(python: &str, address: SocketAddr, count: u32) -> io::Result<Samples> {
    let samples = script(python, include_str!("ib_async_connect.py"), address, count)?;
    let times = samples.as_array().into_iter().flatten().filter_map(Value::as_f64);
    Ok(Samples::from_millis(times))
}

/// Ticks a second that ib_async, unmodified, takes of a flood.
pub(crate) fn ib_async_ticks(python: &str, address: SocketAddr, ticks: u32) -> io::Result<f64> {
    script(python, include_str!("ib_async_ticks.py"), address, ticks)?
        .as_f64()
        .ok_or_else(|| io::Error::other("no rate"))
}

fn script(python: &str, text: &str, address: SocketAddr, count: u32) -> io::Result<Value> {
    let output = Command::new(python)
        .args(["-c", text, &address.ip().to_string(), &address.port().to_string(), &count.to_string()])
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(io::Error::other)
}

/// Looks for zombies on a port as people do by hand; `None` where lsof is not installed.
pub(crate) fn lsof(port: u16) -> Option<Duration> {
    let began = figures::now();
    Command::new("lsof").args(["-nP", &format!("-iTCP:{port}"), "-sTCP:CLOSE_WAIT"]).output().ok()?;
    Some(began.elapsed())
}
