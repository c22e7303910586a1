//! Contract details.

use gatewright_proto::ServerMessage;
use gatewright_proto::message::contract::ContractDetailsRequest;

use super::action::ConnId;
use super::world::World;
use crate::config::MarketHours;

impl World {
    /// All contracts that match, then the end marker; or error 200 and no end marker (seen live).
    pub(super) fn send_contract_details(&mut self, id: ConnId, request: &ContractDetailsRequest) {
        let contract = &request.contract;
        if contract.sec_type.is_empty() && contract.con_id.get() == 0 {
            return self.refuse_invalid(id, request.req_id, "Please enter a valid security type");
        }
        let today = self.new_york.day(self.now.second());
        let mut found = Vec::new();
        for instrument in self.catalogue.matching(contract) {
            if instrument.is_expired(today) && !request.include_expired && contract.con_id.get() == 0 {
                continue;
            }
            // Without an exchange a Gateway lists every exchange by itself.
            let exchanges = if contract.exchange.is_empty() && contract.con_id.get() == 0 {
                instrument.exchanges.as_slice()
            } else if contract.exchange.is_empty() {
                &instrument.exchanges[..1]
            } else {
                std::slice::from_ref(&contract.exchange)
            };
            found.extend(exchanges.iter().map(|exchange| match self.config.market_hours {
                MarketHours::Real => instrument.details(request.req_id, exchange, today),
                MarketHours::Always => instrument.details_of_open_market(request.req_id, exchange, today),
            }));
        }
        if found.is_empty() {
            return self.refuse_contract(id, request.req_id);
        }
        for details in found {
            self.send(id, &ServerMessage::ContractDetails(Box::new(details)));
        }
        self.send(id, &ServerMessage::ContractDetailsEnd(request.req_id));
    }
}
