//! Display groups: the windows of TWS that show the same instrument, and clients that watch them.

use gatewright_proto::message::display_group::{
    DisplayGroupList, DisplayGroupUpdated, SubscribeToGroupEvents, UpdateDisplayGroup,
};
use gatewright_proto::{ConId, RequestId, ServerMessage};

use super::action::ConnId;
use super::world::World;

/// How many groups there are, as in TWS.
const GROUPS: i32 = 7;

/// What a group shows that shows nothing.
const NONE: &str = "none";

/// What a group shows that shows a combination.
const COMBO: &str = "combo";

impl World {
    /// Sends the groups.
    pub(super) fn send_display_groups(&mut self, id: ConnId, req_id: RequestId) {
        let groups: Vec<String> = (1..=GROUPS).map(|group| group.to_string()).collect();
        self.send(id, &ServerMessage::DisplayGroupList(DisplayGroupList { req_id, groups: groups.join("|") }));
    }

    /// Tells what a group shows now, and from now on whenever it changes.
    pub(super) fn watch_display_group(&mut self, id: ConnId, request: &SubscribeToGroupEvents) {
        let (req_id, group) = (request.req_id, request.group_id);
        if !(1..=GROUPS).contains(&group) {
            return self.refuse_invalid(id, req_id, &format!("Invalid display group id {group}"));
        }
        let Some(session) = self.session_mut(id) else { return };
        session.display_groups.insert(req_id, group);
        self.send_display_group(id, req_id, group);
    }

    /// Shows another instrument in the group that a request watches.
    pub(super) fn update_display_group(&mut self, id: ConnId, request: &UpdateDisplayGroup) {
        let req_id = request.req_id;
        let watched = self.session_mut(id).and_then(|session| session.display_groups.get(&req_id).copied());
        let Some(group) = watched else {
            return self.refuse_invalid(id, req_id, "The request does not watch a display group");
        };
        let info = request.contract_info.as_str();
        let con_id = info.split_once('@').and_then(|(con_id, _)| con_id.parse().ok()).map(ConId::new);
        let known = con_id.is_some_and(|con_id| self.catalogue.get(con_id).is_some());
        if !known && info != NONE && info != COMBO {
            return self.refuse_invalid(id, req_id, "Invalid contract info for a display group");
        }
        self.shown_in_groups.insert(group, info.to_owned());
        let watching: Vec<(ConnId, RequestId)> = self
            .sessions()
            .flat_map(|(id, session)| session.display_groups.iter().map(move |(request, it)| (id, *request, *it)))
            .filter(|(_, _, it)| *it == group)
            .map(|(id, request, _)| (id, request))
            .collect();
        for (id, request) in watching {
            self.send_display_group(id, request, group);
        }
    }

    /// Watches a group no longer.
    pub(super) fn forget_display_group(&mut self, id: ConnId, req_id: RequestId) {
        if let Some(session) = self.session_mut(id) {
            session.display_groups.remove(&req_id);
        }
    }

    fn send_display_group(&mut self, id: ConnId, req_id: RequestId, group: i32) {
        let contract_info = self.shown_in_groups.get(&group).map_or(NONE, String::as_str).to_owned();
        let updated = DisplayGroupUpdated { req_id, contract_info };
        self.send(id, &ServerMessage::DisplayGroupUpdated(updated));
    }
}
