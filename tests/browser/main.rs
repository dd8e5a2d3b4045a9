//! End to end: the built extension in a real Chromium, and what a person sees there.

mod loading;
mod verdicts;
