//! A relay that only copies bytes: the least that any process between a Gateway and a program can cost.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

/// Starts so many relays in a row in front of `to`; returns the address of the first. They end with this process.
pub(super) fn chain(to: SocketAddr, relays: u32) -> io::Result<SocketAddr> {
    (0..relays).try_fold(to, |to, _| relay(to))
}

fn relay(to: SocketAddr) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            // Whoever cannot be connected sees its connection end.
            let _ = join(near, to);
        }
    });
    Ok(address)
}

fn join(near: TcpStream, to: SocketAddr) -> io::Result<()> {
    let far = TcpStream::connect(to)?;
    for stream in [&near, &far] {
        stream.set_nodelay(true)?;
    }
    let (up, down) = ((near.try_clone()?, far.try_clone()?), (far, near));
    for (from, to) in [up, down] {
        thread::spawn(move || copy(from, to));
    }
    Ok(())
}

fn copy(mut from: TcpStream, mut to: TcpStream) -> io::Result<()> {
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut chunk)?;
        if length == 0 {
            return to.shutdown(std::net::Shutdown::Write);
        }
        to.write_all(&chunk[..length])?;
    }
}
