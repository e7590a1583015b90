"""Signing in at the house's own identity provider: OpenID Connect, authorization code with PKCE."""
