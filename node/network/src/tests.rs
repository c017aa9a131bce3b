mod bounds;
mod connections;
mod decoders;
mod document;
mod harness;
mod messages;
mod rules;
mod supervision;
