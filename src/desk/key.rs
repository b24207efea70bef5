//! The key that signs our tokens: made at the first start, kept in the data directory, so that links survive a restart.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

use crate::secret::Secret;

/// The file in the data directory.
const FILE_NAME: &str = "token.key";
/// As long as what HMAC-SHA256 makes of it (RFC 2104 3).
const LENGTH: usize = 32;

/// Reads the key of `directory`, or makes it, readable by nobody else.
///
/// # Errors
/// What the file system says; [`ErrorKind::InvalidData`] if the file does not hold 32 bytes in hex.
pub fn signing_key(directory: &Path) -> io::Result<Secret<Arc<[u8]>>> {
    let path = directory.join(FILE_NAME);
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => make(&path)?,
        read => read?,
    };
    match hex::decode(text.trim()) {
        Ok(key) if key.len() == LENGTH => Ok(Secret::new(key.into())),
        Ok(_) | Err(_) => Err(ErrorKind::InvalidData.into()),
    }
}

fn make(path: &Path) -> io::Result<String> {
    let mut key = [0; LENGTH];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut key).map_err(|_| io::Error::other("the system gives no random bytes"))?;
    let text = hex::encode(key);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map(|()| text)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => std::fs::read_to_string(path),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_kept_from_others() {
        let directory = tempfile::tempdir().unwrap();
        let first = signing_key(directory.path()).unwrap();
        assert_eq!(first.expose().len(), LENGTH);
        assert!(signing_key(directory.path()).unwrap() == first);
        let other = tempfile::tempdir().unwrap();
        assert!(signing_key(other.path()).unwrap() != first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode =
                std::fs::metadata(directory.path().join(FILE_NAME)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_that_is_no_key_is_an_error_and_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(FILE_NAME), "abcd").unwrap();
        assert_eq!(signing_key(directory.path()).unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(std::fs::read(directory.path().join(FILE_NAME)).unwrap(), b"abcd");
    }
}
