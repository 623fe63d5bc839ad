# A keyword's identifier is a UUID of version 5 of the profile's name and the keyword, so it tells whose it is.
function Get-OwnId([string] $Keyword) {
    $namespace = [byte[]] @(0x6d, 0x1f, 0x5a, 0x52, 0x9a, 0x3b, 0x5c, 0x0e, 0x8f, 0x52, 0x74, 0x68, 0x72, 0x75, 0x77, 0x61)
    $name = [System.Text.Encoding]::UTF8.GetBytes($ProfileName + [char] 10 + $Keyword)
    $sha1 = [System.Security.Cryptography.SHA1]::Create()
    $hash = $sha1.ComputeHash([byte[]] ($namespace + $name))
    $sha1.Dispose()
    $hash[6] = ($hash[6] -band 0x0f) -bor 0x50
    $hash[8] = ($hash[8] -band 0x3f) -bor 0x80
    -join ($hash[0..15] | ForEach-Object { $_.ToString('x2') })
}

# 32 lower-case digits, however an identifier is written.
function ConvertTo-PlainId([string] $Id) {
    $Id.ToLowerInvariant() -replace '[^0-9a-f]', ''
}

function Test-Own($Address) {
    (ConvertTo-PlainId $Address.Id) -eq (Get-OwnId $Address.Keyword)
}