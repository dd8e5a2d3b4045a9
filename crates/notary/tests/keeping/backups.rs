//! Backups: what is in them, whose they are, and when there is none.

use crate::World;
use crate::backed_up::BackedUp;
use assay_notary::backup_file;
use assay_notary::restore::restore;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

#[test]
fn a_damaged_entry_is_named_by_the_backup_which_is_none_then() {
    let world = World::new();
    let notary = world.start();
    world.log(&notary, "first");
    let (_, second) = world.log(&notary, "second");
    notary.stop();
    let body = STANDARD.decode(second["body"].as_str().unwrap()).unwrap();
    let log = world.data.path().join("log.redb");
    let mut bytes = std::fs::read(&log).unwrap();
    let places: Vec<_> = (0..bytes.len() - body.len())
        .filter(|at| bytes[*at..].starts_with(&body))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at + body.len() / 2] ^= 1;
    }
    std::fs::write(&log, bytes).unwrap();
    let to = world.data.beside("backup");
    let stopped = backup_file::make(world.data.path(), &to).unwrap_err();
    assert!(stopped.to_string().contains("entry 1 "), "{stopped}");
    let notary = world.start();
    let running = backup_file::make(world.data.path(), &to).unwrap_err();
    assert!(running.to_string().contains("entry 1 "), "{running}");
    notary.stop();
    for name in ["backup", "backup.part"] {
        assert!(!world.data.beside(name).exists(), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_backup_is_for_its_owner_only_and_never_overwrites() {
    use std::os::unix::fs::PermissionsExt;
    let backed_up = BackedUp::new(false);
    let mode = std::fs::metadata(&backed_up.file).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let again = backup_file::make(backed_up.world.data.path(), &backed_up.file);
    assert!(again.is_err());
    let inside = backed_up.world.data.path().join("backup");
    assert!(backup_file::make(backed_up.world.data.path(), &inside).is_err());
    assert!(!inside.exists());
    // Of a notary that does not run, too; nothing else is left behind.
    let second = backed_up.world.data.beside("second");
    backup_file::make(backed_up.world.data.path(), &second).unwrap();
    assert_eq!(
        std::fs::read(&second).unwrap(),
        std::fs::read(&backed_up.file).unwrap()
    );
    assert!(!backed_up.world.data.beside("second.part").exists());
}

#[test]
fn a_backup_holds_neither_the_lock_nor_less_than_the_keys() {
    let backed_up = BackedUp::new(false);
    let bytes = std::fs::read(&backed_up.file).unwrap();
    let has = |text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(has("keys/log.pem") && has("keys/authority.pem") && has("notary.json"));
    assert!(!has(".held") && !has("set-up-complete"));
}

#[test]
fn a_backup_made_under_load_restores() {
    let world = World::new();
    let notary = world.start();
    world.log(&notary, "first");
    let file = world.data.beside("backup");
    std::thread::scope(|scope| {
        let (sender, written) = std::sync::mpsc::channel();
        let (notary, world) = (&notary, &world);
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || {
            for i in 0.. {
                world.log(notary, &format!("file {i}"));
                let _ = sender.send(());
                if stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Disconnected) {
                    return;
                }
            }
        });
        written.recv().unwrap();
        backup_file::make(world.data.path(), &file).unwrap();
        drop(stop);
    });
    let size = notary.get("/api/v1/log").json()["treeSize"]
        .as_u64()
        .unwrap();
    notary.stop();
    let restored = restore(&file, &world.data.beside("new"), Some(&world.lock())).unwrap();
    assert!((2..=size).contains(&restored.size), "{}", restored.size);
}
