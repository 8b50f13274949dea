"""What a document says, as it says it."""
