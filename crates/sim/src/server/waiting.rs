//! Bytes that wait to be written: for one client, and for all of them together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::core::ConnId;

/// The bytes that wait for all clients together. Each client's [`Queue`] counts towards it until it is dropped.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiting(Arc<AtomicUsize>);

/// The bytes that wait for one client.
#[derive(Debug)]
pub(super) struct Queue {
    own: AtomicUsize,
    all: Waiting,
}

impl Waiting {
    /// A client's queue, in which nothing waits yet.
    pub(super) fn queue(&self) -> Queue {
        Queue { own: AtomicUsize::new(0), all: self.clone() }
    }

    /// How many bytes wait for all clients together.
    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Queue {
    /// So many bytes wait in addition; returns how many it are now.
    pub(super) fn add(&self, length: usize) -> usize {
        self.all.0.fetch_add(length, Ordering::Relaxed);
        self.own.fetch_add(length, Ordering::Relaxed) + length
    }

    /// So many bytes were written.
    pub(super) fn written(&self, length: usize) {
        self.own.fetch_sub(length, Ordering::Relaxed);
        self.all.0.fetch_sub(length, Ordering::Relaxed);
    }

    /// How many bytes wait.
    pub(super) fn bytes(&self) -> usize {
        self.own.load(Ordering::Relaxed)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.all.0.fetch_sub(self.bytes(), Ordering::Relaxed);
    }
}

/// Who is given up where more than `most` waits for all together: the client for which most waits, of several the oldest.
/// What waits for clients that were given up already goes with their lines, and nobody else answers for it.
pub(super) fn given_up(clients: &[(ConnId, usize)], most: usize) -> Option<ConnId> {
    let all: usize = clients.iter().map(|(_, bytes)| bytes).sum();
    let worst = clients.iter().max_by_key(|(id, bytes)| (*bytes, std::cmp::Reverse(*id)));
    worst.filter(|_| all > most).map(|(id, _)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_one_counts_for_all_until_it_is_written_or_its_client_is_gone() {
        let all = Waiting::default();
        let (one, other) = (all.queue(), all.queue());
        assert_eq!((one.add(10), other.add(5), one.add(1)), (10, 5, 11));
        assert_eq!(all.bytes(), 16);
        one.written(4);
        assert_eq!((one.bytes(), all.bytes()), (7, 12));
        drop(one);
        assert_eq!(all.bytes(), 5);
    }

    #[test]
    fn the_client_for_which_most_waits_is_given_up_and_of_several_the_oldest() {
        let clients = [(ConnId(1), 3), (ConnId(2), 9), (ConnId(3), 9)];
        assert_eq!(given_up(&clients, 20), Some(ConnId(2)));
        assert_eq!(given_up(&clients, 21), None);
        assert_eq!(given_up(&[], 0), None);
    }
}
