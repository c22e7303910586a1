//! The one runtime of a command that waits: a single thread, since nothing here computes.

use std::future::Future;

use crate::diagnosis::Diagnosis;

/// Runs a future to its end.
///
/// # Errors
///
/// The future's own, and a machine that cannot give us a runtime.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Diagnosis>>) -> Result<T, Diagnosis> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Diagnosis::internal("cannot start the runtime", error))?;
    let result = runtime.block_on(future);
    // A read from a terminal cannot be taken back, and must not keep a process that was told to stop.
    runtime.shutdown_background();
    result
}
