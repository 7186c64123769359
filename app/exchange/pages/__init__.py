"""A conversation for people to read: Markdown, HTML, and the HTML that becomes a PDF."""
