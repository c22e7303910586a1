//! Which port to dial: 1300 names a new one, and a Gateway that is restarted may be back at either.

/// The ports of one Gateway besides the one that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Port {
    /// Where the Gateway has said that it moves to.
    moved: Option<u16>,
    /// Whether that one is to be tried next.
    use_moved: bool,
}

impl Port {
    /// What an earlier worker was told. It is tried second: the Gateway may have been restarted meanwhile.
    pub(super) fn inherited(moved: Option<u16>) -> Self {
        Self { moved, use_moved: false }
    }

    /// The Gateway has named a port; returns whether that is news. Every session is told the same.
    pub(super) fn handle_named(&mut self, port: u16) -> bool {
        let named = Self { moved: Some(port), use_moved: true };
        std::mem::replace(self, named) != named
    }

    /// An attempt has found no Gateway at the port that was tried: the other one is next.
    pub(super) fn handle_elsewhere(&mut self) {
        self.use_moved = self.moved.is_some() && !self.use_moved;
    }

    /// The one to dial now.
    pub(super) fn to_dial(self, given: u16) -> u16 {
        self.moved.filter(|_| self.use_moved).unwrap_or(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_move_there_is_only_the_port_that_was_given() {
        let mut port = Port::default();
        port.handle_elsewhere();
        assert_eq!(port.to_dial(4002), 4002);
    }

    #[test]
    fn a_new_port_is_tried_first_where_it_was_named_and_second_where_it_was_inherited() {
        let mut named = Port::default();
        assert!(named.handle_named(4010) && !named.handle_named(4010));
        let mut inherited = Port::inherited(Some(4010));
        assert_eq!((named.to_dial(4002), inherited.to_dial(4002)), (4010, 4002));
        named.handle_elsewhere();
        inherited.handle_elsewhere();
        assert_eq!((named.to_dial(4002), inherited.to_dial(4002)), (4002, 4010));
        assert!(named.handle_named(4010), "it is there after all, and was not to be tried next");
        assert_eq!(named.to_dial(4002), 4010);
    }
}
