//! The client: spawns a worker, keeps one alive, calls it and hands out what it says.
//!
//! - `link` – the handle: typed calls
//! - `attach` – a link to a worker that runs already, and what was left there
//! - `settings` – which worker, and what it is allowed to take
//! - `supervisor` – the task that owns the workers, one after the other
//! - `running_worker` – one worker process with the tasks that serve its pipes
//! - `restart` – when the next worker starts (pure)
//! - `caller` – one line out, one answer in, within a deadline
//! - `switchboard` – what callers and tasks share: who waits for which answer, and the way to the worker
//! - `input` – the way into a worker
//! - `reader` – the worker's output, line by line, to whom it concerns
//! - `line_buffer` – bytes to lines (pure)
//! - `output` – what a line means (pure); `tick_line` – the same for the commonest kind, faster (pure)
//! - `streams` – the sending ends of all subscriptions; `subscription` – the receiving end
//! - `events` – what happens to the link as a whole
//! - [`raw`] – a session's frames as they are, through a worker's socket

mod attach;
mod caller;
mod events;
mod input;
mod line_buffer;
mod link;
mod output;
pub mod raw;
mod reader;
mod restart;
mod running_worker;
mod settings;
mod streams;
mod subscription;
mod supervisor;
mod switchboard;
mod tick_line;

pub use attach::{AttachSettings, Attached, FormerAnswer, FormerAnswers};
pub use events::{GatewayEvent, LinkEvent, LinkEvents};
pub use link::Link;
pub use restart::RestartPolicy;
pub use settings::{LinkSettings, WorkerCommand, WorkerStderr};
pub use subscription::{StreamItem, Subscription};
pub use supervisor::{Ending, WorkerExit};
