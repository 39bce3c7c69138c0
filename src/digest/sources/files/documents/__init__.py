"""Articles in documents: Word, OpenDocument, PDF, RTF, and mails."""
