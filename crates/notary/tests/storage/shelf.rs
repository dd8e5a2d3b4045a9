//! A place for objects that is no database: what an object store offers, and no more.

use crate::disk::Weather;
use assay_notary::objects::{Found, Object, Objects, Space, Visitor};
use assay_notary::store::StoreError;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

type Content = BTreeMap<(usize, Vec<u8>), Vec<u8>>;

/// The place. Clones are the same one.
#[derive(Clone)]
pub struct Shelf {
    content: Arc<Mutex<Content>>,
    weather: Weather,
}

impl Shelf {
    pub fn new(weather: &Weather) -> Self {
        Self {
            content: Arc::default(),
            weather: weather.clone(),
        }
    }
}

fn number(space: Space) -> usize {
    Space::ALL.iter().position(|other| *other == space).unwrap()
}

impl Objects for Shelf {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let content = self.content.lock().unwrap();
        Ok(content.get(&(number(space), key.to_vec())).cloned())
    }

    fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: &[u8],
        limit: usize,
    ) -> Result<Vec<Found>, StoreError> {
        let content = self.content.lock().unwrap();
        let [from, to] = [from, to].map(|key| (number(space), key.to_vec()));
        let found = content.range(from..to).take(limit);
        Ok(found
            .map(|((_, key), value)| (key.clone(), value.clone()))
            .collect())
    }

    fn put(&self, objects: Vec<Object>) -> Result<(), StoreError> {
        let put = self.weather.pass(|| {
            let mut content = self.content.lock().unwrap();
            for object in objects {
                content.insert((number(object.space), object.key), object.value);
            }
            Ok(())
        });
        put.map_err(|error| StoreError::Failed(error.to_string()))
    }

    fn freeze(&self, each: &mut Visitor<'_>) -> Result<(), StoreError> {
        let content = self.content.lock().unwrap().clone();
        for ((space, key), value) in &content {
            each(Space::ALL[*space], key, value)?;
        }
        Ok(())
    }
}
