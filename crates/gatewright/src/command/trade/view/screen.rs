//! The terminal: taken, drawn on, listened to, and given back however this process ends.

use std::io::{self, Stdout, Write};
use std::panic;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use gatewright_journal::{HaltRecord, HaltScope, Journal};
use gatewright_trade::TradeEvent;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::crossterm::{cursor, execute};
use tokio::sync::Notify;

use super::draw::{Palette, draw};
use super::model::{Key, Model, Wish};
use crate::clock;
use crate::log;
use crate::output::{self, Paint};

/// How often the keyboard's thread looks whether it is to end, while no key is pressed.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Whether the terminal is ours, for whoever has to give it back.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// What keys can ask for, and where that goes.
#[derive(Debug, Clone)]
pub(in crate::command::trade) struct Wishes {
    /// Told when the run is to stop.
    pub(in crate::command::trade) stop: Arc<Notify>,
    /// The journal in which a halt is recorded.
    pub(in crate::command::trade) journal: PathBuf,
    /// Who halts.
    pub(in crate::command::trade) who: String,
}

/// The whole terminal, while a trader runs.
#[derive(Debug)]
pub(in crate::command::trade) struct Screen {
    shared: Arc<Shared>,
    keyboard: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    drawing: Mutex<Drawing>,
    palette: Palette,
    began: Instant,
    wishes: Wishes,
    ended: AtomicBool,
}

#[derive(Debug)]
struct Drawing {
    model: Model,
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    ///
    /// The terminal cannot be switched; it is as it was.
    pub(in crate::command::trade) fn open(title: &str, colour: bool, wishes: Wishes) -> io::Result<Self> {
        restore_on_panic();
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        log::hush(true);
        let opened = execute!(io::stdout(), EnterAlternateScreen, cursor::Hide)
            .and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())))
            .inspect_err(|_| restore());
        let drawing = Drawing { model: Model::new(title), terminal: opened? };
        let shared = Arc::new(Shared {
            drawing: Mutex::new(drawing),
            palette: Palette::new(colour),
            began: clock::now(),
            wishes,
            ended: AtomicBool::new(false),
        });
        shared.redraw();
        let listening = Arc::clone(&shared);
        let keyboard = thread::Builder::new().name("gatewright-keyboard".into()).spawn(move || listening.listen());
        match keyboard {
            Ok(keyboard) => Ok(Self { shared, keyboard: Mutex::new(Some(keyboard)) }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// Takes what the trader tells, and shows it.
    pub(in crate::command::trade) fn take(&self, event: &TradeEvent) {
        let at = self.shared.elapsed();
        self.shared.lock().model.take(event, at);
        // Bars come for each symbol and change nothing that the next status does not show.
        if !matches!(event, TradeEvent::Bar { .. }) {
            self.shared.redraw();
        }
    }

    /// Shows a note that is no event of the trader's.
    pub(in crate::command::trade) fn note(&self, text: &str) {
        let at = self.shared.elapsed();
        self.shared.lock().model.say(text, at);
        self.shared.redraw();
    }

    /// Colours or none, for what is written after it is closed.
    pub(in crate::command::trade) fn paint(&self) -> Paint {
        Paint::new(self.shared.palette.is_coloured())
    }

    /// Gives the terminal back.
    pub(in crate::command::trade) fn close(&self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        let keyboard = self.keyboard.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(keyboard) = keyboard {
            // It looks every tenth of a second, and a panic in it has been told of.
            let _ = keyboard.join();
        }
        restore();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Drawing> {
        self.drawing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elapsed(&self) -> Duration {
        clock::now().saturating_duration_since(self.began)
    }

    fn redraw(&self) {
        // After a panic the terminal is somebody else's again, whoever still goes on.
        if self.ended.load(Ordering::SeqCst) || !TAKEN.load(Ordering::SeqCst) {
            return;
        }
        let mut drawing = self.lock();
        let Drawing { model, terminal } = &mut *drawing;
        if let Err(error) = terminal.draw(|frame| draw(frame, model, self.palette)) {
            output::note_broken(&error);
        }
    }

    /// Takes keys until the screen is closed.
    fn listen(&self) {
        while !self.ended.load(Ordering::SeqCst) {
            match event::poll(LOOK_EVERY) {
                Ok(false) => continue,
                // A terminal that cannot be read any more is one that nobody sits at; signals still work.
                Err(_) => return,
                Ok(true) => {}
            }
            match event::read() {
                Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => self.press(key),
                Ok(Event::Resize(_, _)) => {}
                Ok(Event::Key(_) | Event::FocusGained | Event::FocusLost | Event::Mouse(_) | Event::Paste(_)) => {
                    continue;
                }
                Err(_) => return,
            }
            self.redraw();
        }
    }

    fn press(&self, key: KeyEvent) {
        let meant = if let KeyCode::Char(character) = key.code {
            let interrupts = character == 'c' && key.modifiers.contains(KeyModifiers::CONTROL);
            if interrupts { Key::Interrupt } else { Key::Char(character) }
        } else {
            Key::Other
        };
        let wish = self.lock().model.key(meant);
        match wish {
            Some(Wish::Stop) => self.wishes.stop.notify_one(),
            Some(Wish::Halt) => {
                let said = match self.halt() {
                    Ok(()) => "✓ halted: no new order goes out until `gatewright resume --reason TEXT`".to_owned(),
                    Err(why) => format!("✗ NOT halted: {why}. Try `gatewright halt` from another terminal."),
                };
                let at = self.elapsed();
                self.lock().model.say(&said, at);
            }
            None => {}
        }
    }

    /// Halts as `gatewright halt` does: durably, and for every trader with this journal.
    fn halt(&self) -> Result<(), gatewright_journal::JournalError> {
        let Wishes { journal, who, .. } = &self.wishes;
        let halt = HaltRecord {
            at: clock::wall(),
            reason: "halted by a key in the trader's view".into(),
            by: who.clone(),
            scope: HaltScope::NewOrders,
        };
        Journal::open(journal)?.halt(&halt)
    }
}

/// Gives the terminal back, once, whoever comes first.
fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // There is nowhere to tell of a terminal that cannot be switched back.
        let _ = execute!(io::stdout(), LeaveAlternateScreen, cursor::Show);
        let _ = disable_raw_mode();
        let _ = io::stdout().flush();
        log::hush(false);
    }
}

/// A panic's message is worth nothing on a screen that vanishes.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            restore();
            usual(info);
        }));
    });
}
