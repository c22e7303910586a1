//! Market scanners.
//!
//! - `request` – starting a scan
//! - `data` – what a scan found, and what can be scanned for

mod data;
mod request;
#[cfg(test)]
mod tests;

pub use data::{ScannerData, ScannerParameters, ScannerRow};
pub use request::ScannerSubscription;
