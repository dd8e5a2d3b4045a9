//! End to end: the built extension in a real Chromium, and what a person sees there.

mod accessibility;
mod beside;
mod clients;
mod continuity;
mod forking;
mod github;
mod history;
mod index;
mod judging;
mod keyboard;
mod lifecycle;
mod loading;
mod managed;
mod minisign;
mod outages;
mod program;
mod program_memory;
mod reading;
mod rekor;
mod roots;
mod rules;
mod setup;
mod sources;
mod standing;
mod verify;
mod world;
