"""FHIR R4 and R5, as Bundles and as Bulk Data, read leniently in form and strictly in meaning."""
