"""What a document says, in the contract's words: text, language, dates and people."""
