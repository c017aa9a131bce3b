mod bounds;
mod connections;
mod decoders;
mod harness;
mod messages;
mod rules;
mod supervision;
