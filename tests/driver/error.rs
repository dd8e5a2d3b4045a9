use std::path::Path;
use std::process::ExitCode;

/// What went wrong while driving a browser or a server, in words for the person who reads a failed test.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No browser, program or file where one is needed.
    #[error("{what} is missing: {remedy}")]
    Missing {
        /// The thing.
        what: String,
        /// What to do about it.
        remedy: String,
    },
    /// The operating system refused something.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The browser answered a command with an error.
    #[error("the browser refused {method}: {message}")]
    Refused {
        /// The DevTools command.
        method: String,
        /// The browser's words.
        message: String,
    },
    /// The browser ended, or never answered.
    #[error("no answer from the browser to {method}: {reason}")]
    NoAnswer {
        /// The DevTools command.
        method: String,
        /// Ended or too slow.
        reason: String,
    },
    /// A script threw.
    #[error("the script threw: {message}\n  script: {script}")]
    Threw {
        /// The exception with its stack.
        message: String,
        /// The start of the script.
        script: String,
    },
    /// Something did not come true in time.
    #[error("waited {seconds} s for {what}; last seen: {seen}")]
    Never {
        /// What was waited for.
        what: String,
        /// How long, in seconds.
        seconds: u64,
        /// The last state seen.
        seen: String,
    },
    /// An answer was not of the expected shape, or a program failed.
    #[error("{0}")]
    Other(String),
}

/// The driver's result.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    pub(crate) fn path(verb: &str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        Self::io(format!("{} could not be {verb}", path.display()))
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Other(format!("an answer was not of the expected shape: {error}"))
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::io("the file system")(error)
    }
}

/// Lets `?` work inside the conditions of [`crate::wait_until`], where an error is just "not yet".
impl From<Error> for String {
    fn from(error: Error) -> Self {
        error.to_string()
    }
}

/// How a program ends that did what it was to do, or not; what went wrong is said.
pub fn exit_code(result: Result<bool>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
