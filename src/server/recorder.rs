//! What callers say, on its way to the disk: one thread for all recordings, so that no call ever waits for a file.
//!
//! It reads the ring of each recording ten times a second, half a second before that would run over, and writes FLAC
//! into `<id>.part`; what is whole is called `<id>.flac`, and only that is ever handed out. A recording that a crash left
//! behind is made whole at the next start: FLAC can be played up to where it breaks off.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rtrb::Consumer;

use crate::audio::listener::Listener;
use crate::audio::recording::{Format, Recording, RecordingError, Voices};
use crate::audio::store::read_clip;
use crate::audio::{Clip, FRAME, RATE};
use crate::call::RecordingEvent;

/// Recordings at a time; one more fails. Each costs the thread about a thousandth of a core.
const AT_ONCE: usize = 256;
/// Orders that wait; when it is full a recording fails and nothing is discarded.
const ORDERS: usize = 1_024;
/// How often rings are read; they hold 500 ms.
const BEAT: Duration = Duration::from_millis(100);
/// A recording that nobody ends is longer than its call wanted by so much at most.
const GRACE: Duration = Duration::from_secs(10);

/// Tells the call what became of its recording. Never waits.
pub(super) type Tell = Box<dyn Fn(RecordingEvent) + Send>;

/// The way to the thread. Clones are the same recorder.
#[derive(Clone)]
pub(super) struct Recorder {
    orders: SyncSender<Order>,
    folder: Arc<Path>,
    /// Guards the handle until somebody waits for the end.
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// A recording to begin.
pub(super) struct Wanted {
    pub(super) id: Arc<str>,
    pub(super) ring: Consumer<i16>,
    pub(super) silence: Duration,
    pub(super) at_most: Duration,
    pub(super) tell: Tell,
}

enum Order {
    Begin(Box<Wanted>),
    /// By a key: its sound is not kept.
    End {
        id: Arc<str>,
        by_key: bool,
    },
    Discard(Arc<str>),
    /// Complete all and end.
    Close,
}

impl Recorder {
    /// Makes `folder` if need be, makes whole what a crash left there, and starts the thread.
    pub(super) fn start(folder: &Path) -> io::Result<Self> {
        make_private(folder)?;
        for entry in fs::read_dir(folder)?.flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|it| it == PART) {
                tracing::warn!(recording = %path.display(), "the last run ended in this recording");
                fs::rename(&path, path.with_extension(WHOLE))?;
            }
        }
        let (orders, inbox) = sync_channel(ORDERS);
        let folder: Arc<Path> = folder.into();
        let mut keeper = Keeper { folder: Arc::clone(&folder), inbox, running: BTreeMap::new() };
        let thread =
            std::thread::Builder::new().name("recordings".into()).spawn(move || keeper.run())?;
        Ok(Self { orders, folder, thread: Arc::new(Some(thread).into()) })
    }

    /// Begins a recording; whether it could be handed on.
    pub(super) fn begin(&self, wanted: Wanted) -> bool {
        self.orders.try_send(Order::Begin(Box::new(wanted))).is_ok()
    }

    pub(super) fn end(&self, id: Arc<str>, by_key: bool) {
        self.order(Order::End { id, by_key });
    }

    pub(super) fn discard(&self, id: Arc<str>) {
        self.order(Order::Discard(id));
    }

    fn order(&self, order: Order) {
        if self.orders.try_send(order).is_err() {
            tracing::error!("the recordings' thread takes no orders");
        }
    }

    /// Reads one that is whole, to be played. Waits for the disk: not for a call's own task.
    pub(super) fn read(&self, id: &Arc<str>) -> Option<Arc<Clip>> {
        let bytes = fs::read(path(&self.folder, id, WHOLE)).ok()?;
        read_clip(id, &bytes).ok()
    }

    /// Completes what is being recorded, and ends the thread.
    pub(super) fn close(&self) {
        self.order(Order::Close);
        let thread = self.thread.lock().ok().and_then(|mut it| it.take());
        if let Some(thread) = thread {
            // A panic there has been printed; there is nothing left to end.
            let _ = thread.join();
        }
    }
}

const PART: &str = "part";
const WHOLE: &str = "flac";

/// Where a recording is. Its id has only letters, figures and hyphens.
fn path(folder: &Path, id: &str, extension: &str) -> PathBuf {
    folder.join(format!("{id}.{extension}"))
}

/// Callers' words are in it: nobody else on the machine need hear them.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The thread.
struct Keeper {
    folder: Arc<Path>,
    inbox: Receiver<Order>,
    running: BTreeMap<Arc<str>, Running>,
}

/// One recording under way.
struct Running {
    ring: Consumer<i16>,
    listener: Listener,
    file: Recording<BufWriter<File>>,
    /// The most samples that it may have.
    most: u64,
    tell: Tell,
    told_silent: bool,
}

impl Keeper {
    fn run(&mut self) {
        loop {
            let order = if self.running.is_empty() {
                self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                self.inbox.recv_timeout(BEAT)
            };
            match order {
                Ok(Order::Begin(wanted)) => self.begin(*wanted),
                Ok(Order::End { id, by_key }) => {
                    if let Some(running) = self.running.remove(&id) {
                        self.complete(&id, running, by_key);
                    }
                }
                Ok(Order::Discard(id)) => remove(&path(&self.folder, &id, WHOLE)),
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Order::Close) | Err(RecvTimeoutError::Disconnected) => {
                    for (id, running) in std::mem::take(&mut self.running) {
                        self.complete(&id, running, false);
                    }
                    return;
                }
            }
            self.read_all();
        }
    }

    fn begin(&mut self, wanted: Wanted) {
        let Wanted { id, ring, silence, at_most, tell } = wanted;
        if self.running.len() >= AT_ONCE {
            tracing::error!("as many recordings at a time as there may be");
            return failed(&tell);
        }
        let path = path(&self.folder, &id, PART);
        let file = File::create(&path)
            .map_err(RecordingError::from)
            .and_then(|file| Recording::new(BufWriter::new(file), Format::Flac, Voices::Mono));
        match file {
            Ok(file) => {
                let silence = u32::try_from(silence.as_millis()).unwrap_or(u32::MAX);
                let most = (at_most + GRACE).as_secs().saturating_mul(u64::from(RATE));
                let listener = Listener::new(silence);
                let running = Running { ring, listener, file, most, tell, told_silent: false };
                self.running.insert(id, running);
            }
            Err(error) => {
                tracing::error!(%error, "a recording cannot be begun");
                failed(&tell);
            }
        }
    }

    /// Writes what has come of each. One that cannot be written ends; one whose call is gone is completed.
    fn read_all(&mut self) {
        let mut over = Vec::new();
        for (id, running) in &mut self.running {
            if let Err(error) = running.write() {
                tracing::error!(%error, "a recording breaks off");
                over.push((Arc::clone(id), true));
            } else if running.is_forgotten() {
                over.push((Arc::clone(id), false));
            } else if running.listener.is_silent() && !running.told_silent {
                running.told_silent = true;
                (running.tell)(RecordingEvent::Silent);
            }
        }
        for (id, broken) in over {
            let Some(running) = self.running.remove(&id) else { continue };
            if broken {
                failed(&running.tell);
                drop(running);
                self.keep(&id); // as much as was written
            } else {
                self.complete(&id, running, false);
            }
        }
    }

    fn complete(&self, id: &str, mut running: Running, by_key: bool) {
        let written = running.write().and_then(|()| {
            if !by_key {
                running.listener.rest().iter().try_for_each(|it| running.file.write(it))?;
            }
            running.file.finish()
        });
        let heard = running.listener.has_heard();
        match written {
            Ok(()) if !heard => {
                remove(&path(&self.folder, id, PART));
                count("nothing");
                (running.tell)(RecordingEvent::Stored { heard });
            }
            Ok(()) if self.keep(id) => {
                count("kept");
                (running.tell)(RecordingEvent::Stored { heard });
            }
            Ok(()) => failed(&running.tell),
            Err(error) => {
                tracing::error!(%error, "a recording breaks off");
                self.keep(id);
                failed(&running.tell);
            }
        }
    }

    fn keep(&self, id: &str) -> bool {
        let kept = fs::rename(path(&self.folder, id, PART), path(&self.folder, id, WHOLE));
        if let Err(error) = &kept {
            tracing::error!(%error, "a recording cannot be kept");
        }
        kept.is_ok()
    }
}

impl Running {
    /// Writes what is in the ring.
    fn write(&mut self) -> Result<(), RecordingError> {
        while let Ok(chunk) = self.ring.read_chunk(FRAME) {
            let mut block = [0; FRAME];
            let (first, second) = chunk.as_slices();
            block.iter_mut().zip(first.iter().chain(second)).for_each(|(to, from)| *to = *from);
            chunk.commit_all();
            if let Some(block) = self.listener.hear(&block) {
                self.file.write(&block)?;
            }
        }
        Ok(())
    }

    /// Whether its leg is gone, or its call has forgotten it.
    fn is_forgotten(&self) -> bool {
        (self.ring.is_abandoned() && self.ring.is_empty()) || self.file.len() > self.most
    }
}

fn failed(tell: &Tell) {
    count("failed");
    tell(RecordingEvent::Failed);
}

fn count(outcome: &'static str) {
    metrics::counter!("hotline_recordings_total", "outcome" => outcome).increment(1);
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::error!(%error, "a recording cannot be removed");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::audio::tone::BEEP;

    struct Caller {
        said: rtrb::Producer<i16>,
        told: mpsc::Receiver<RecordingEvent>,
    }

    fn begin(recorder: &Recorder, id: &str) -> Caller {
        let (said, ring) = rtrb::RingBuffer::new(25 * FRAME);
        let (tell, told) = mpsc::channel();
        let wanted = Wanted {
            id: id.into(),
            ring,
            silence: Duration::from_millis(200),
            at_most: Duration::from_secs(60),
            tell: Box::new(move |event| tell.send(event).unwrap()),
        };
        assert!(recorder.begin(wanted));
        Caller { said, told }
    }

    impl Caller {
        fn says(&mut self, samples: &[i16]) {
            for block in samples.chunks(FRAME) {
                while self.said.slots() < block.len() {
                    std::thread::yield_now();
                }
                self.said
                    .write_chunk_uninit(block.len())
                    .unwrap()
                    .fill_from_iter(block.iter().copied());
            }
        }

        fn hears(&self) -> RecordingEvent {
            self.told.recv_timeout(Duration::from_secs(10)).unwrap()
        }
    }

    #[test]
    fn what_is_said_is_kept_to_the_sample_and_can_be_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let recorder = Recorder::start(folder.path()).unwrap();
        let mut caller = begin(&recorder, "c-1");
        let said = BEEP.samples().repeat(10);
        caller.says(&said);
        caller.says(&[0; 5_000]);
        assert_eq!(caller.hears(), RecordingEvent::Silent);
        recorder.end("c-1".into(), false);
        assert_eq!(caller.hears(), RecordingEvent::Stored { heard: true });
        let bytes = fs::read(folder.path().join("c-1.flac")).unwrap();
        let kept = crate::audio::decode::decode(&bytes).unwrap().samples;
        let kept: Vec<i16> = kept.iter().map(|it| (it * 32_768.0) as i16).collect();
        // The last block was not whole.
        let whole = (said.len() + 5_000) / FRAME * FRAME;
        assert_eq!(kept, [said, vec![0; 5_000]].concat()[..whole]);
        assert!(recorder.read(&"c-1".into()).is_some());
        recorder.discard("c-1".into());
        recorder.close();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn of_nothing_said_nothing_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let recorder = Recorder::start(folder.path()).unwrap();
        let mut caller = begin(&recorder, "c-1");
        caller.says(&[0; 800]);
        recorder.end("c-1".into(), true);
        assert_eq!(caller.hears(), RecordingEvent::Stored { heard: false });
        recorder.close();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn who_vanishes_has_left_what_they_said() {
        let folder = tempfile::tempdir().unwrap();
        let recorder = Recorder::start(folder.path()).unwrap();
        let mut caller = begin(&recorder, "c-1");
        caller.says(&BEEP.samples());
        let Caller { said, told } = caller;
        drop(said);
        let event = told.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(event, RecordingEvent::Stored { heard: true });
        recorder.close();
        assert!(folder.path().join("c-1.flac").exists());
    }

    #[test]
    fn the_end_of_the_server_completes_what_is_recorded_and_a_crash_leaves_it_for_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old-1.part"), b"fLaC").unwrap();
        let recorder = Recorder::start(folder.path()).unwrap();
        assert!(folder.path().join("old-1.flac").exists());
        let mut caller = begin(&recorder, "c-1");
        caller.says(&BEEP.samples());
        recorder.close();
        assert!(folder.path().join("c-1.flac").exists());
    }

    #[test]
    fn where_nothing_can_be_written_it_fails() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("recordings");
        let recorder = Recorder::start(&inside).unwrap();
        fs::remove_dir(&inside).unwrap();
        assert_eq!(begin(&recorder, "c-1").hears(), RecordingEvent::Failed);
        recorder.close();
    }
}
