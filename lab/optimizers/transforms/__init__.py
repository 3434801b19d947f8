"""Pieces to compose rules from, and wrappers around them: clipping, decay, averaging, …"""
