//! One file in the place of another, in one step. A failure, a full disk or a kill leaves the old one as it was.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Why a file was not read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {}: {error}", .path.display())]
pub struct PlaceError {
    /// Read or write.
    what: &'static str,
    /// The file.
    path: PathBuf,
    /// What the system says.
    #[source]
    error: io::Error,
}

impl PlaceError {
    fn of(what: &'static str, path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self { what, path: path.clone(), error }
    }
}

/// A file of at most so many bytes; nothing where there is none.
///
/// # Errors
/// When the system refuses, or it is larger.
pub fn read(path: &Path, limit: usize) -> Result<Option<Vec<u8>>, PlaceError> {
    let failed = PlaceError::of("read", path);
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(&failed)?,
    };
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(&failed)?;
    if bytes.len() > limit {
        return Err(failed(io::Error::new(io::ErrorKind::FileTooLarge, format!("over {limit} bytes"))));
    }
    Ok(Some(bytes))
}

/// Whether a file can be put in its place, as far as that can be known before.
///
/// # Errors
/// When its folder is missing or closed, or something else is in its place.
pub fn check(path: &Path) -> Result<(), PlaceError> {
    let failed = PlaceError::of("write", path);
    let target = target(path).map_err(&failed)?;
    let folder = folder(&target);
    if !folder.is_dir() {
        let why = format!("there is no folder {}", folder.display());
        return Err(failed(io::Error::new(io::ErrorKind::NotFound, why)));
    }
    if fs::metadata(&target).is_ok_and(|there| !there.is_file()) {
        return Err(failed(io::Error::other("it is no file")));
    }
    tempfile::Builder::new().prefix(".thruway-").tempfile_in(folder).map_err(failed)?;
    Ok(())
}

/// Where a path leads to.
fn target(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        target => target,
    }
}

fn folder(target: &Path) -> &Path {
    match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Puts a file in its place; where that is a link, in the place that it leads to. The permissions are those of the file
/// that was there, else those of any new file.
///
/// # Errors
/// When the system refuses; the file is then as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), PlaceError> {
    let failed = PlaceError::of("write", path);
    let target = target(path).map_err(&failed)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".thruway-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What the system's mask leaves of it.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut new = builder.tempfile_in(folder(&target)).map_err(&failed)?;
    new.write_all(bytes).map_err(&failed)?;
    if let Ok(old) = fs::metadata(&target) {
        if !old.is_file() {
            return Err(failed(io::Error::other("it is no file")));
        }
        new.as_file().set_permissions(old.permissions()).map_err(&failed)?;
    }
    new.as_file().sync_all().map_err(&failed)?;
    new.persist(&target).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_the_place_of_another_and_its_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        assert_eq!(read(&path, 9).unwrap(), None);
        replace(&path, b"one").unwrap();
        assert_eq!(read(&path, 3).unwrap().as_deref(), Some(&b"one"[..]));
        assert!(read(&path, 2).unwrap_err().to_string().contains("over 2 bytes"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::{PermissionsExt, symlink};
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            symlink("a", folder.path().join("link")).unwrap();
            replace(&folder.path().join("link"), b"two").unwrap();
            assert!(fs::symlink_metadata(folder.path().join("link")).unwrap().is_symlink());
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
            assert_eq!(fs::read(&path).unwrap(), b"two");
        }
        assert!(replace(folder.path(), b"x").is_err(), "a folder is no file");
        assert!(check(folder.path()).unwrap_err().to_string().ends_with("it is no file"));
        let missing = folder.path().join("none");
        let why = check(&missing.join("a")).unwrap_err().to_string();
        assert!(why.ends_with(&format!("there is no folder {}", missing.display())), "{why}");
        assert!(check(&path).is_ok() && check(&folder.path().join("new")).is_ok());
        assert!(replace(&folder.path().join("none/a"), b"x").is_err());
        let left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".thruway-")), "{left:?}");
    }
}
