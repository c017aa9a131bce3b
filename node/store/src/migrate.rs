//! The schema: which form the tables have, and which forms this program knows.

use crate::db::{Durability, Store};
use crate::error::StoreError;
use crate::tables::{self, SchemaRow, Table, meta};
use rocksdb::WriteBatch;
use types::codec::Version;

/// The form that this program writes. It rises with every change of keys, values or tables, and
/// each rise comes with the step that turns the form before into it.
pub const SCHEMA: u32 = 1;

/// Write the schema into a new store, or check the one that is there.
///
/// # Errors
/// [`StoreError::NewerSchema`] if a newer program wrote the store; [`StoreError::Corrupt`] if the
/// number is of no form that ever was, or is missing beside a chain.
pub(crate) fn ensure_schema(store: &Store) -> Result<(), StoreError> {
    let Some(row) = store.row::<SchemaRow>(Table::Meta, meta::SCHEMA)? else {
        // The schema is the first thing written, so what lies beside none is not ours.
        if store.value_of(Table::Meta, meta::IDENTITY)?.is_some() {
            return Err(tables::missing(Table::Meta, meta::SCHEMA));
        }
        let row = SchemaRow { version: Version, schema: SCHEMA };
        let mut batch = WriteBatch::default();
        batch.put_cf(store.handle(Table::Meta), meta::SCHEMA, types::encode(&row));
        return store.write(batch, Durability::Synced, "write the schema");
    };
    match row.schema {
        SCHEMA => Ok(()),
        0 => Err(tables::corrupt(Table::Meta, meta::SCHEMA, "schema 0 never was".to_owned())),
        found => {
            let path = store.path().to_path_buf();
            Err(StoreError::NewerSchema { path, found, known: SCHEMA })
        }
    }
}
