//! The loop around an endpoint: what came and what is wished goes in, commands are carried out in order, one timer.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::Transport;
use crate::sip::endpoint::{Account, Command, Counters, Endpoint, Event, Load};
use crate::sip::registrar::Binding;
use crate::time::Mono;

/// What others ask of the endpoint's task.
#[derive(Debug)]
pub enum Ask {
    /// Have this happen: a wish, a registration.
    Event(Box<Event>),
    /// Where the phones of this user are.
    Bindings(String, oneshot::Sender<Vec<Binding>>),
    /// What was counted, and how full the tables are.
    Figures(oneshot::Sender<(Counters, Load)>),
    /// Replace everybody who may register.
    Accounts(Vec<Account>),
}

/// The way to the endpoint's task. When its queue is full, whoever asks waits: nobody loses a hang-up.
#[derive(Debug, Clone)]
pub struct Handle {
    asks: mpsc::Sender<Ask>,
}

impl Handle {
    /// A handle, and what [`run`] takes. `size` asks may wait.
    #[must_use]
    pub fn new(size: usize) -> (Self, mpsc::Receiver<Ask>) {
        let (asks, receiver) = mpsc::channel(size.max(1));
        (Self { asks }, receiver)
    }

    /// Has `event` happen. Nothing where the task has ended.
    pub async fn happen(&self, event: Event) {
        _ = self.asks.send(Ask::Event(Box::new(event))).await;
    }

    /// Where the phones of `user` are, most wanted first.
    pub async fn bindings(&self, user: &str) -> Vec<Binding> {
        let (answer, receiver) = oneshot::channel();
        _ = self.asks.send(Ask::Bindings(user.to_owned(), answer)).await;
        receiver.await.unwrap_or_default()
    }

    /// What was counted since the start, and how full the tables are.
    pub async fn figures(&self) -> (Counters, Load) {
        let (answer, receiver) = oneshot::channel();
        _ = self.asks.send(Ask::Figures(answer)).await;
        receiver.await.unwrap_or_default()
    }

    /// Replaces everybody who may register or prove who they are.
    pub async fn set_accounts(&self, accounts: Vec<Account>) {
        _ = self.asks.send(Ask::Accounts(accounts)).await;
    }
}

/// Drives `endpoint` over `transport` until every [`Handle`] is dropped. `began` is the process's zero of [`Mono`]. What
/// is not for the network goes to `news`, in order; it must not wait.
pub async fn run(
    mut endpoint: Endpoint,
    mut transport: Transport,
    mut asks: mpsc::Receiver<Ask>,
    began: Instant,
    mut news: impl FnMut(Command),
) {
    loop {
        let due = endpoint.deadline().map(|due| began + Duration::from_micros(due.as_micros()));
        let alarm = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        let event = tokio::select! {
            biased; // what is due first, so that a flood does not hold up the timers
            () = alarm => Event::Tick,
            ask = asks.recv() => match ask {
                None => return,
                Some(Ask::Event(event)) => *event,
                Some(Ask::Bindings(user, answer)) => {
                    _ = answer.send(endpoint.bindings(&user).to_vec());
                    continue;
                }
                Some(Ask::Figures(answer)) => {
                    _ = answer.send((*endpoint.counters(), endpoint.load()));
                    continue;
                }
                Some(Ask::Accounts(accounts)) => {
                    endpoint.set_accounts(accounts);
                    continue;
                }
            },
            event = transport.next() => event,
        };
        happen(&mut endpoint, &mut transport, began, event, &mut news);
    }
}

/// Events that one event may bring about: failed sends, which fail what waited for them and hardly ever send again.
const MOST_IN_A_ROW: usize = 64;

/// Has `event` happen and carries out what comes of it. What could not be sent is told after that.
fn happen(
    endpoint: &mut Endpoint,
    transport: &mut Transport,
    began: Instant,
    event: Event,
    news: &mut impl FnMut(Command),
) {
    let mut events = VecDeque::from([event]);
    let mut out = Vec::new();
    for _ in 0..MOST_IN_A_ROW {
        let Some(event) = events.pop_front() else { return };
        let now = Mono::from_micros(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
        endpoint.handle(now, event, &mut out);
        for command in out.drain(..) {
            match command {
                Command::Send { to, bytes } => {
                    let unsent = transport.send(to, bytes).err();
                    events.extend(unsent.map(|unsent| Event::Unreachable { to: unsent.to }));
                }
                Command::Leg { .. }
                | Command::Registrar(_)
                | Command::Registration { .. }
                | Command::AuthenticationFailed { .. } => news(command),
            }
        }
    }
}
