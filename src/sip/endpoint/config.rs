//! What an endpoint is told at its making: its addresses, its limits.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::secret::Secret;
use crate::sip::auth::digest::Algorithm;
use crate::sip::timing::Timing;

/// Everything that can be set; [`Config::new`] gives sensible values for all of it.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where our UDP socket is bound.
    pub udp: Option<SocketAddr>,
    /// Where our TCP listener is bound.
    pub tcp: Option<SocketAddr>,
    /// The address to name in Via and Contact where the sockets' own is not the one to reach us by (NAT). Sockets that
    /// are bound to all addresses name the `local` of the peer that is talked to. The ports stay those of the sockets.
    pub advertise: Option<IpAddr>,
    /// Server and User-Agent.
    pub product: String,
    /// The digest realm, and the domain of our addresses of record.
    pub realm: String,
    /// The interval of session timers (RFC 4028) that we ask for, and cut longer ones to; no less than `min_se`.
    pub session_expires: Duration,
    /// The shortest that we accept, 1 s to a day; shorter ones get 422. RFC 4028 wants no less than 90 s.
    pub min_se: Duration,
    /// The transactions' timers.
    pub timing: Timing,
    /// How much there may be of everything.
    pub limits: Limits,
    /// What the registrar grants.
    pub registrar: RegistrarLimits,
    /// How digest is asked for and checked.
    pub digest: DigestRules,
}

impl Config {
    /// An endpoint bound to `udp` and `tcp`, with everything else as it mostly is.
    #[must_use]
    pub fn new(udp: Option<SocketAddr>, tcp: Option<SocketAddr>) -> Self {
        Self {
            udp,
            tcp,
            advertise: None,
            product: concat!("hotline/", env!("CARGO_PKG_VERSION")).to_owned(),
            realm: "hotline".to_owned(),
            session_expires: Duration::from_secs(1_800),
            min_se: Duration::from_secs(90),
            timing: Timing::RFC,
            limits: Limits::default(),
            registrar: RegistrarLimits::default(),
            digest: DigestRules::default(),
        }
    }
}

/// The most there may be. Beyond them a new INVITE gets 503 with Retry-After, other requests 503 without a
/// transaction behind it.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Legs, from INVITE or wish until `Gone`.
    pub legs: usize,
    /// Incoming requests remembered, each for up to 64 × T1.
    pub server_transactions: usize,
    /// Outgoing requests remembered, each for up to 64 × T1.
    pub client_transactions: usize,
    /// Bytes that all remembered requests and answers may hold together.
    pub memory: usize,
    /// Early dialogs of one outgoing call (forks).
    pub forks: usize,
    /// Our own registrations elsewhere.
    pub registrations: usize,
    /// What 503 tells the peer to wait.
    pub retry_after: Duration,
    /// The longest that a call may ring, in or out.
    pub ring: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            legs: 20_000,
            server_transactions: 100_000,
            client_transactions: 100_000,
            memory: 256 << 20,
            forks: 8,
            registrations: 64,
            retry_after: Duration::from_secs(5),
            ring: Duration::from_secs(180),
        }
    }
}

/// What the registrar grants.
#[derive(Debug, Clone, Copy)]
pub struct RegistrarLimits {
    /// Addresses of record with at least one binding.
    pub aors: usize,
    /// Bindings of one address of record.
    pub bindings: usize,
    /// Shorter registrations get 423.
    pub min_expires: Duration,
    /// Longer ones are cut to this.
    pub max_expires: Duration,
    /// For a REGISTER that does not say.
    pub default_expires: Duration,
}

impl Default for RegistrarLimits {
    fn default() -> Self {
        Self {
            aors: 10_000,
            bindings: 8,
            min_expires: Duration::from_secs(30),
            max_expires: Duration::from_secs(3_600),
            default_expires: Duration::from_secs(600),
        }
    }
}

/// How digest is asked for and checked.
#[derive(Debug, Clone, Copy)]
pub struct DigestRules {
    /// What is offered. Answers are checked with either.
    pub offer: DigestOffer,
    /// How long a nonce is good.
    pub nonce_life: Duration,
    /// Nonces remembered; the oldest make room.
    pub nonces: usize,
    /// Failures in a row, for one user from one address, before a lock-out.
    pub failures: u32,
    /// How long a lock-out lasts from the last failure.
    pub lock_out: Duration,
    /// Pairs of user and address whose failures are counted; the oldest make room.
    pub suspects: usize,
}

impl Default for DigestRules {
    fn default() -> Self {
        Self {
            offer: DigestOffer::Md5,
            nonce_life: Duration::from_secs(300),
            nonces: 20_000,
            failures: 5,
            lock_out: Duration::from_secs(60),
            suspects: 10_000,
        }
    }
}

/// Which algorithms a challenge offers.
///
/// RFC 8760 2.3 wants one challenge for each, the preferred one first. Measured: baresip 1.0 gives up as soon as any
/// challenge is not MD5, and SIPp 3.6 reads the first one only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestOffer {
    /// For every phone in the field.
    Md5,
    /// SHA-256 first, MD5 for those that cannot do it: where all phones read several challenges.
    Both,
    /// SHA-256 only: where all phones can do it.
    Sha256,
}

impl DigestOffer {
    /// One challenge for each, in this order.
    pub(crate) const fn algorithms(self) -> &'static [Algorithm] {
        match self {
            Self::Md5 => &[Algorithm::Md5],
            Self::Both => &[Algorithm::Sha256, Algorithm::Md5],
            Self::Sha256 => &[Algorithm::Sha256],
        }
    }
}

/// Somebody who may register, or prove who they are by digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The digest's username, and the user part of the address of record that it may register.
    pub user: String,
    /// The password.
    pub password: Secret<String>,
}
