use super::*;
use ed25519_dalek::{Signer as _, SigningKey};

struct Pair {
    id: [u8; 8],
    key: SigningKey,
}

impl Pair {
    fn new(seed: u8) -> Self {
        Self {
            id: [seed; 8],
            key: SigningKey::from_bytes(&[seed; 32]),
        }
    }

    fn public(&self) -> MinisignKey {
        let bytes = [&b"Ed"[..], &self.id, self.key.verifying_key().as_bytes()].concat();
        MinisignKey::parse(&STANDARD.encode(bytes)).unwrap()
    }

    fn file(&self) -> String {
        format!(
            "untrusted comment: minisign public key\n{}\n",
            self.public().text()
        )
    }

    /// The parts of a signature file: what comes before the comment that is signed, and after it.
    fn sign(&self, form: Form, content: &[u8], comment: &str) -> String {
        let (algorithm, signed) = match form {
            Form::Prehashed => (b"ED", Blake2bDigest::of(content).0.to_vec()),
            Form::Legacy => (b"Ed", content.to_vec()),
        };
        let signature = self.key.sign(&signed).to_bytes();
        let over = [&signature[..], comment.as_bytes()].concat();
        let over = self.key.sign(&over).to_bytes();
        let first = [&algorithm[..], &self.id, &signature].concat();
        format!(
            "untrusted comment: signature\n{}\ntrusted comment: {comment}\n{}\n",
            STANDARD.encode(first),
            STANDARD.encode(over)
        )
    }
}

const FORMS: [Form; 2] = [Form::Prehashed, Form::Legacy];
const COMMENT: &str = "timestamp:1700000000\tfile:tool.zip\thashed";

/// An implementation that shares no code with ours.
fn by_another(pair: &Pair, text: &str, content: &[u8]) -> bool {
    let key = minisign_verify::PublicKey::decode(&pair.file()).unwrap();
    let signature = minisign_verify::Signature::decode(text).unwrap();
    key.verify(content, &signature, true).is_ok()
}

#[test]
fn both_forms_are_verified_as_another_implementation_does() {
    let pair = Pair::new(7);
    for form in FORMS {
        let text = pair.sign(form, b"content", COMMENT);
        assert!(by_another(&pair, &text, b"content"));
        let read = MinisignSignature::parse(&text).unwrap();
        assert_eq!((read.form(), read.stated_at()), (form, Some(1_700_000_000)));
        assert!(read.signs(&pair.public(), b"content"));
        assert!(!read.signs(&pair.public(), b"Content"));
        let digest = Blake2bDigest::of(b"content");
        assert_eq!(
            read.signs_digest(&pair.public(), &digest),
            form == Form::Prehashed
        );
        assert!(!read.signs_digest(&pair.public(), &Blake2bDigest::of(b"")));
    }
}

#[test]
fn a_file_itself_is_verified_in_pieces_of_any_size() {
    let pair = Pair::new(7);
    let content: Vec<u8> = (0..5000_u32).map(|n| n as u8).collect();
    let text = pair.sign(Form::Legacy, &content, COMMENT);
    let read = MinisignSignature::parse(&text).unwrap();
    let holds = |content: &[u8], size: usize| {
        let mut verifier = read.verifier(&pair.public()).unwrap();
        for piece in content.chunks(size) {
            verifier.update(piece);
        }
        verifier.holds()
    };
    for size in [1, 63, 64, 65, 4096, 5000] {
        assert!(holds(&content, size));
    }
    assert!(!holds(&content[1..], 64) && !holds(b"", 64));
    let other = Pair::new(8).public();
    assert!(read.verifier(&other).is_none());
    let comment = text.replace("tool.zip", "evil.zip");
    let comment = MinisignSignature::parse(&comment).unwrap();
    assert!(comment.verifier(&pair.public()).is_none());
    let prehashed = pair.sign(Form::Prehashed, &content, COMMENT);
    let prehashed = MinisignSignature::parse(&prehashed).unwrap();
    assert!(prehashed.verifier(&pair.public()).is_none());
}

#[test]
fn no_byte_of_a_signature_can_be_another() {
    let pair = Pair::new(7);
    for form in FORMS {
        let text = pair.sign(form, b"content", COMMENT);
        let lines: Vec<&str> = text.lines().collect();
        for place in [1, 3] {
            let bytes = STANDARD.decode(lines[place]).unwrap();
            for index in 0..bytes.len() {
                let mut changed = bytes.clone();
                changed[index] ^= 1;
                let changed = STANDARD.encode(changed);
                let changed = text.replace(lines[place], &changed);
                let read = MinisignSignature::parse(&changed);
                let holds = read.is_some_and(|read| read.signs(&pair.public(), b"content"));
                assert!(!holds, "{form:?} line {place} byte {index}");
            }
        }
        for (from, to) in [
            ("tool.zip", "evil.zip"),
            ("hashed", "hashed "),
            (":17", ":18"),
        ] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text);
            // White space at the end of a line is part of what was signed.
            let read = MinisignSignature::parse(&changed).unwrap();
            assert!(!read.signs(&pair.public(), b"content"), "{to}");
        }
        // What is not signed says nothing.
        let comment = text.replace("comment: signature", "comment: another");
        let read = MinisignSignature::parse(&comment).unwrap();
        assert!(read.signs(&pair.public(), b"content"));
    }
}

#[test]
fn a_key_with_the_same_id_is_another_key() {
    let pair = Pair::new(7);
    let evil = Pair {
        id: pair.id,
        ..Pair::new(8)
    };
    for form in FORMS {
        let text = evil.sign(form, b"content", COMMENT);
        let read = MinisignSignature::parse(&text).unwrap();
        assert!(read.is_by(&pair.public()) && !read.signs(&pair.public(), b"content"));
        let renamed = Pair {
            id: [9; 8],
            ..Pair::new(7)
        };
        assert!(!read.signs(&renamed.public(), b"content"));
    }
}

#[test]
fn keys_are_read_as_minisign_writes_them() {
    let pair = Pair::new(7);
    let text = pair.public().text();
    assert_eq!(text.len(), 56);
    for written in [
        text.clone(),
        format!(" {text}\r\n"),
        pair.file(),
        pair.file().replace('\n', "\r\n"),
    ] {
        assert_eq!(MinisignKey::parse(&written), Some(pair.public()));
    }
    let signer = pair.public().signer();
    assert_eq!(signer.name(), text);
    assert_eq!(signer.root, RootId::minisign());
    // A key of small order, to which every signature can be made to fit.
    let mut weak = [0; 42];
    weak[..2].copy_from_slice(b"Ed");
    weak[10] = 1;
    for wrong in [
        String::new(),
        text[..52].to_owned(),
        format!("{text}AAAA"),
        format!("{text}\n{text}"),
        text.replacen("RW", "RX", 1),
        STANDARD.encode(weak),
        "untrusted comment: x".to_owned(),
        "A".repeat(1 << 20),
    ] {
        assert_eq!(MinisignKey::parse(&wrong), None, "{wrong:.60}");
    }
}

#[test]
fn what_is_no_signature_file_is_none() {
    let text = Pair::new(7).sign(Form::Prehashed, b"content", COMMENT);
    assert!(MinisignSignature::parse(&text.replace('\n', "\r\n")).is_some());
    assert!(MinisignSignature::parse(&format!("{text}\n \n")).is_some());
    for wrong in [
        String::new(),
        "<!doctype html><title>Not found</title>".to_owned(),
        text.replacen("untrusted", "trusted", 1),
        text.replacen("\ntrusted", "\nuntrusted", 1),
        text.replacen("RU", "RX", 1),
        format!("{text}more\n"),
        format!("\n{text}"),
        text.lines().take(3).collect::<Vec<_>>().join("\n"),
        text.replacen('=', "", 1),
        format!("{text}{}", "x".repeat(MAX_SIGNATURE_BYTES)),
    ] {
        assert!(MinisignSignature::parse(&wrong).is_none(), "{wrong:.60}");
    }
}

#[test]
fn a_digest_is_written_and_read_as_digits() {
    // RFC 7693, appendix A.
    let digest = Blake2bDigest::of(b"abc");
    let text = digest.to_string();
    assert!(text.starts_with("ba80a53f981c4d0d6a2797b69f12f6e9") && text.len() == 128);
    let json = serde_json::to_string(&digest).unwrap();
    assert_eq!(json, format!("\"{text}\""));
    assert_eq!(
        serde_json::from_str::<Blake2bDigest>(&json).unwrap(),
        digest
    );
    for wrong in ["\"\"", "\"ba80\"", "7"] {
        assert!(serde_json::from_str::<Blake2bDigest>(wrong).is_err());
    }
}
