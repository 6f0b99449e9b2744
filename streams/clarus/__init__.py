"""The warehouse's side: webhooks in, Clarus's words turned into movements; they stop here."""
