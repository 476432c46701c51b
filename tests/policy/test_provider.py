"""What is believed of a provider, case by case."""

from dataclasses import replace

import pytest

from app.policy.provider import Claims, ProviderReason, unbelieved

KENYA = Claims("ministry", "https://id.kenya.example", "1", "delegate@kenya.example", verified=True)


@pytest.mark.parametrize("domains", [(), ("kenya.example",), ("brazil.example", "kenya.example")])
def test_a_verified_address_of_a_domain_it_speaks_for_is_believed(domains):
    assert unbelieved(KENYA, domains) is None


@pytest.mark.parametrize(
    ("said", "domains", "reason"),
    [
        ({"subject": ""}, (), ProviderReason.NO_SUBJECT),
        ({"subject": "s" * 256}, (), ProviderReason.NO_SUBJECT),
        ({"email": ""}, (), ProviderReason.NO_ADDRESS),
        ({"verified": False}, (), ProviderReason.NOT_VERIFIED),
        ({}, ("brazil.example",), ProviderReason.NOT_ITS_DOMAIN),
        ({}, ("example",), ProviderReason.NOT_ITS_DOMAIN),
        ({"email": "x@evil.kenya.example"}, ("kenya.example",), ProviderReason.NOT_ITS_DOMAIN),
        ({"email": "x@evilkenya.example"}, ("kenya.example",), ProviderReason.NOT_ITS_DOMAIN),
        (
            {"email": '"@kenya.example"@x.example'},
            ("kenya.example",),
            ProviderReason.NOT_ITS_DOMAIN,
        ),
    ],
)
def test_anything_less_is_not(said, domains, reason):
    refused = unbelieved(replace(KENYA, **said), domains)

    assert refused is not None
    assert refused.reason is reason
